import { describe, expect, it } from 'vitest';
import { needSentence, remedyFor, tasksFor } from './needs.ts';

const TASKS = [
  { id: 'plain', title: 'Plain', provides: [] },
  { id: 'steps', title: 'Steps', provides: ['steps'] },
  { id: 'both', title: 'Both', provides: ['steps', 'tests'] },
  { id: 'unread', title: 'Unread' },
] as const;
const ids = (tasks: readonly { id: string }[]) => tasks.map(({ id }) => id);

describe('what a batch lacks', () => {
  it.each([
    [['refLogprobs'], 'X needs the log-probabilities of the reference model, which this batch does not hold.'],
    [
      ['logits', 'hidden', 'greedyReward'],
      'X needs the logits of every token, the hidden states of every token and the reward of the greedy answer, which this batch does not hold.',
    ],
    [['steps'], 'X needs samples whose steps are each known to be right or wrong, which this batch does not hold.'],
    [['logits', 'tests'], 'X needs the logits of every token and several test results for each sample, which this batch does not hold.'],
    [[], ''],
  ] as const)('%j is said in one sentence', (missing, sentence) => {
    expect(needSentence('X', missing)).toBe(sentence);
  });
  it('is given by tasks that provide all of it', () => {
    expect(ids(remedyFor(['steps'], TASKS, 'policy', 'plain').tasks)).toEqual(['steps', 'both']);
    expect(ids(remedyFor(['tests', 'steps', 'logits'], TASKS, 'policy', 'plain').tasks)).toEqual(['both']);
    expect(remedyFor(['steps'], TASKS, 'policy', 'plain').canTrain).toBe(false);
    expect(remedyFor(['chunks'], TASKS, 'policy', 'plain')).toEqual({ tasks: [], canTrain: false });
  });
  it('comes with the next step where the present task provides it and the recording does not have it', () => {
    expect(remedyFor(['steps'], TASKS, 'policy', 'both')).toEqual({ tasks: [], canTrain: true });
  });
  it('is listed by task for a method that asks something of the task, and for no other', () => {
    expect(ids(tasksFor(['oldLogprobs', 'tests'], TASKS) ?? [])).toEqual(['both']);
    expect(tasksFor(['oldLogprobs'], TASKS)).toBeNull();
  });
  it('is computed by a step of training where it is a field, unless the method trains no policy', () => {
    expect(remedyFor(['refLogprobs'], TASKS, 'policy', 'plain')).toEqual({ tasks: [], canTrain: true });
    expect(remedyFor(['refLogprobs'], TASKS, 'nothing', 'plain').canTrain).toBe(false);
    expect(remedyFor([], TASKS, 'policy', 'plain').canTrain).toBe(false);
  });
});
