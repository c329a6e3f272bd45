import type { RolloutBatch, RolloutResponse } from '../src/core/batch.ts';
import type { Task } from '../src/core/tasks/types.ts';

const spansOf = (response: RolloutResponse, kind: 'step' | 'chunk') => (response.spans ?? []).filter((span) => span.kind === kind);

/** Does this response share what comes before its first wrong step, at least one step, with a right response? */
function failsMidway(batch: RolloutBatch, wrong: RolloutResponse, right: readonly RolloutResponse[]): boolean {
  const spans = spansOf(wrong, 'step');
  const slip = spans.findIndex((span) => span.correct === false);
  if (slip < 1) return false;
  const prefix = batch.tokens.subarray(wrong.start, wrong.start + spans[slip].start).join();
  return right.some((other) => batch.tokens.subarray(other.start, other.start + spans[slip].start).join() === prefix);
}

/** Is there a chunk after the first right one? */
const hasRedundantChunk = (response: RolloutResponse) =>
  spansOf(response, 'chunk')
    .slice(0, -1)
    .some((chunk) => chunk.correct);

/** Is there a wrong step that did not lead to the answer? */
const takesBack = (response: RolloutResponse) => spansOf(response, 'step').some((step) => step.correct === false && step.adopted === false);

const passesSome = ({ parts = [] }: RolloutResponse) => parts.includes(1) && parts.includes(0);

/** What a task's group should show, as far as its responses have it at all. */
function showsItsSubject(batch: RolloutBatch, right: readonly RolloutResponse[], wrong: readonly RolloutResponse[]): boolean {
  const { responses } = batch;
  const hasSteps = responses.some((response) => spansOf(response, 'step').length > 0);
  if (hasSteps && !wrong.some((response) => failsMidway(batch, response, right))) return false;
  if (responses.some((response) => spansOf(response, 'step').some((step) => step.adopted !== undefined)) && !right.some(takesBack))
    return false;
  if (responses.some((response) => spansOf(response, 'chunk').length > 1)) {
    const redundant = right.filter(hasRedundantChunk).length;
    if (redundant === 0 || redundant === right.length) return false;
  }
  return hasSteps || !responses.some((response) => response.parts) || wrong.some(passesSome);
}

/**
 * A group worth a first look, or −1: answers right and wrong, of each of the `openings` one right and one wrong, and what the
 * task is about: with steps one answer that goes wrong mid-way from a beginning it shares with a right one; with steps that
 * can be taken back a right answer that did so; with re-checks right answers with and without a redundant one; with unit tests
 * alone an answer that passes some.
 */
export function showcaseGroup(batch: RolloutBatch, openings: readonly number[]): number {
  return batch.groups.findIndex(({ start, end }) => {
    const all = batch.responses.slice(start, end);
    const right = all.filter((response) => response.reward === 1);
    const wrong = all.filter((response) => response.reward === 0);
    const opensWith = (token: number) => (response: RolloutResponse) => batch.tokens[response.start] === token;
    return (
      right.length >= 3 &&
      wrong.length >= 3 &&
      showsItsSubject(batch, right, wrong) &&
      openings.every((token) => right.some(opensWith(token)) && wrong.some(opensWith(token)))
    );
  });
}

/** The strategy tokens that a first look should show both right and wrong. */
export function strategyTokens(task: Task): number[] {
  return ['S', 'D'].map((glyph) => task.vocabulary.indexOf(glyph)).filter((token) => token >= 0);
}
