import type { RolloutBatch, RolloutResponse } from '../src/core/batch.ts';
import type { Task } from '../src/core/tasks/types.ts';

/** Does this response share what comes before its first wrong step, at least one step, with a right response? */
function failsMidway(batch: RolloutBatch, wrong: RolloutResponse, right: readonly RolloutResponse[]): boolean {
  const spans = (wrong.spans ?? []).filter((span) => span.kind === 'step');
  const slip = spans.findIndex((span) => span.correct === false);
  if (slip < 1) return false;
  const prefix = batch.tokens.subarray(wrong.start, wrong.start + spans[slip].start).join();
  return right.some((other) => batch.tokens.subarray(other.start, other.start + spans[slip].start).join() === prefix);
}

/**
 * A group worth a first look, or −1: answers right and wrong, one that goes wrong mid-way from a beginning it shares
 * with a right one, and of each of the `openings` one right and one wrong answer.
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
      wrong.some((response) => failsMidway(batch, response, right)) &&
      openings.every((token) => right.some(opensWith(token)) && wrong.some(opensWith(token)))
    );
  });
}

/** The strategy tokens that a first look should show both right and wrong. */
export function strategyTokens(task: Task): number[] {
  return ['S', 'D'].map((glyph) => task.vocabulary.indexOf(glyph)).filter((token) => token >= 0);
}
