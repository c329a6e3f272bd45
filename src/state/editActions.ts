/** Actions that change a copy of the batch by hand: flipped rewards, written responses. */
import { decodeBatch } from '../core/batchCodec.ts';
import { glyphs, tokenize } from '../core/tasks/index.ts';
import type { Task } from '../core/tasks/types.ts';
import type { LabContext } from './context.ts';
import { applyEdits, flipped } from './edits.ts';
import { landPin } from './pin.ts';
import type { Edit } from './types.ts';

/** Token ids of a typed response, or one sentence that says what is wrong with it. */
export function readResponse(task: Task, text: string): { tokens: number[] } | { problem: string } {
  const clean = text.replaceAll(/\s/g, '');
  if (clean === '') return { problem: `Write a response, e.g. one that ends with ${task.vocabulary[task.endToken]}` };
  let tokens: number[];
  try {
    tokens = tokenize(task, clean);
  } catch (error) {
    return { problem: (error as Error).message };
  }
  if (tokens.length > task.maxTokens) return { problem: `A response has at most ${task.maxTokens} tokens; this one has ${tokens.length}.` };
  const end = tokens.indexOf(task.endToken);
  const endGlyph = task.vocabulary[task.endToken];
  if (end >= 0 && end < tokens.length - 1) return { problem: `${endGlyph} ends a response: nothing can follow it.` };
  if (end < 0 && tokens.length < task.maxTokens)
    return { problem: `A response shorter than ${task.maxTokens} tokens ends with ${endGlyph}` };
  return { tokens };
}

/** `score` asks the worker for the fields of a response that was not sampled. */
export interface Scorer {
  score(prompt: readonly number[], response: readonly number[], temperature: number): Promise<ArrayBuffer>;
}

/** Flipping and rewriting, both undone by `undo`. */
export function createEditActions(context: LabContext, scorer: Scorer) {
  const { store, notify } = context;
  const get = store.getState;

  const addEdit = (edit: Edit): void => {
    const { sampled, edits, pin } = get();
    if (!sampled) return;
    context.remember('edit');
    const next = [...edits, edit];
    const batch = applyEdits(sampled, next);
    store.setState({ edits: next, batch, landedPin: pin && landPin(batch, pin).pin });
    context.recompute();
  };

  return {
    /** `response` counts within the shown group. */
    flipReward(response: number) {
      const { batch, group } = get();
      if (!batch) return;
      const index = batch.groups[group].start + response;
      const reward = flipped(batch.responses[index].reward);
      addEdit({ kind: 'reward', response: index, reward });
      context.announce(`Sample ${response + 1} now counts as ${reward === 1 ? 'right' : 'wrong'}. Control Z takes it back.`);
    },
    /** The text of a response of the shown group, for the editor. */
    responseText(response: number): string {
      const { batch, group, task } = get();
      if (!batch || !task) return '';
      const row = batch.responses[batch.groups[group].start + response];
      return glyphs(task, [...batch.tokens.subarray(row.start, row.end)]);
    },
    /** Checks the text, lets the worker score it and puts it in. Resolves to the problem, or null when it is done. */
    async editResponse(response: number, text: string): Promise<string | null> {
      const { batch, group, task, sampled } = get();
      if (!batch || !task) return 'There is no batch to edit yet.';
      const read = readResponse(task, text);
      if ('problem' in read) return read.problem;
      const index = batch.groups[group].start + response;
      try {
        const scored = decodeBatch(await scorer.score(batch.groups[group].prompt, read.tokens, batch.baseTemperature));
        if (get().sampled !== sampled) return 'A new step arrived while the response was scored. Pause the training and try again.';
        addEdit({ kind: 'response', response: index, scored });
        context.announce(`Sample ${response + 1} was rewritten by hand.`);
        return null;
      } catch (error) {
        notify({ id: 'score', level: 'error', text: `The response could not be scored: ${(error as Error).message}` });
        return `It could not be scored: ${(error as Error).message}`;
      }
    },
  };
}
