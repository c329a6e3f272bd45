import { describe, expect, it } from 'vitest';
import { createBagModel } from '../../tests/support/bagModel.ts';
import { STREAM, streamAt } from '../core/random.ts';
import { temperatureSampling } from '../core/stages/temperatureSampling.ts';
import { chainSum } from '../core/tasks/chainSum.ts';
import { recheck } from '../core/tasks/recheck.ts';
import type { Task } from '../core/tasks/types.ts';
import { assembleBatch, sampleGroups } from './rollout.ts';
import { taskModelConfig } from './taskModel.ts';

const PLACE = { seed: 5, step: 3, attempt: 1 };

function sample(task: Task, slots: number[]) {
  const model = createBagModel(taskModelConfig(task));
  const request = {
    model,
    task,
    ...PLACE,
    groupSize: 2,
    baseTemperature: 1,
    stage: temperatureSampling,
    knobs: { temperature: 1 },
    state: null,
  };
  return { model, groups: sampleGroups({ ...request, slots }) };
}

describe('sampleGroups', () => {
  it('asks one question of a block of slots at every effort, where the task has efforts', () => {
    const { model, groups } = sample(recheck, [0, 1, 2, 3, 4, 5, 6, 7]);
    const batch = assembleBatch(recheck, model, groups, 1);
    expect(batch.groups.map((group) => group.effort)).toEqual([0.25, 0.5, 0.75, 1, 0.25, 0.5, 0.75, 1]);
    const queries = batch.groups.map((group) => group.query);
    expect(new Set(queries.slice(0, 4)).size).toBe(1);
    expect(new Set(queries.slice(4)).size).toBe(1);
    expect(queries[4]).not.toBe(queries[0]);
    // A slot that is drawn again alone still asks for its own effort.
    expect(sample(recheck, [6]).groups[0].prompt).toEqual(groups[6].prompt);
  });

  it('draws every slot of another task from its own stream', () => {
    const { groups } = sample(chainSum, [0, 1, 5]);
    expect(groups.map((group) => group.prompt)).toEqual(
      [0, 1, 5].map((slot) => chainSum.samplePrompt(streamAt(PLACE.seed, STREAM.prompts, PLACE.step, PLACE.attempt, slot))),
    );
  });
});
