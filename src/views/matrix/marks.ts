/** What a task says of single tokens beyond the reward: wrong steps, steps taken back, steps that were not needed any more. */
import type { RolloutBatch } from '../../core/batch.ts';
import type { Annotation, Task } from '../../core/tasks/types.ts';

export type Mark = NonNullable<Annotation['mark']>;

/** In a sentence, e.g. in a cell's name. */
export const MARK_WORDS: Readonly<Record<Mark, string>> = { wrong: 'wrong step', undone: 'taken back', redundant: 'not needed any more' };

type Reading = Pick<Task, 'render'>;

/** The response in words, in order; empty where the task has none. `response` indexes the batch. */
export function readingOf(batch: RolloutBatch, task: Reading, response: number): readonly Annotation[] {
  if (!task.render) return [];
  const { group, start, end } = batch.responses[response];
  return task.render(batch.groups[group].prompt, [...batch.tokens.subarray(start, end)]);
}

const found = new WeakMap<RolloutBatch, Map<number, ReadonlyMap<number, ReadonlySet<Mark>>>>();

/** Marks of a group's tokens by batch-flat index; tokens without a mark are left out. Read once per batch and group. */
export function tokenMarks(batch: RolloutBatch, task: Reading, group: number): ReadonlyMap<number, ReadonlySet<Mark>> {
  let groups = found.get(batch);
  if (!groups) {
    groups = new Map();
    found.set(batch, groups);
  }
  const known = groups.get(group);
  if (known) return known;
  const marks = new Map<number, Set<Mark>>();
  const put = (start: number, end: number, mark: Mark): void => {
    for (let t = start; t < end; t++) {
      const own = marks.get(t) ?? new Set();
      marks.set(t, own.add(mark));
    }
  };
  for (let i = batch.groups[group].start; i < batch.groups[group].end; i++) {
    const { start, spans } = batch.responses[i];
    for (const span of spans ?? []) if (span.correct === false && span.kind === 'step') put(start + span.start, start + span.end, 'wrong');
    for (const { start: from, end, mark } of readingOf(batch, task, i)) if (mark) put(start + from, start + end, mark);
  }
  groups.set(group, marks);
  return marks;
}
