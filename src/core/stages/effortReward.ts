import type { RolloutBatch, RolloutResponse } from '../batch.ts';
import { mean } from '../stats.ts';
import { perGroup, perResponse, perToken } from '../trace.ts';
import { scalarRewards } from './terminalReward.ts';
import type { Knob, RewardStage } from './types.ts';

/** Options of `avgSource`, by index. */
export const AVERAGE_SOURCES = ['group', 'query'] as const;

/** Token positions [start, end) of a response's thinking; the whole response where the task marks none. */
function thinkingOf({ start, end, spans }: RolloutResponse): readonly { start: number; end: number }[] {
  const marked = spans?.filter(({ kind }) => kind === 'thought') ?? [];
  return marked.length > 0 ? marked : [{ start: 0, end: end - start }];
}

/** [groups] mean thinking length of the group's rollouts, or of all rollouts of its query at any effort; a group without a query is one. */
function averageLengths(batch: RolloutBatch, lengths: Float64Array, isByQuery: boolean): Float64Array {
  const own = (g: number) => Array.from(lengths.subarray(batch.groups[g].start, batch.groups[g].end));
  return Float64Array.from(batch.groups, ({ query }, g) => {
    if (!isByQuery || query === undefined) return mean(own(g));
    return mean(batch.groups.flatMap((other, k) => (other.query === query ? own(k) : [])));
  });
}

/**
 * Adaptive Effort Control (e1): R · 1[ℓ / ℓ̄ ≤ r], ℓ = thinking tokens, ℓ̄ = their average, r = the effort that the prompt
 * asks for, else the knob `effort`. Reconstruction: which average, and that equality counts, are ours [e1, arXiv 2510.27042].
 */
export const effortReward: RewardStage = (input) => {
  const { batch, knobs } = input;
  const thinking = batch.responses.map(thinkingOf);
  const lengths = Float64Array.from(thinking, (spans) => spans.reduce((n, { start, end }) => n + end - start, 0));
  const average = averageLengths(batch, lengths, AVERAGE_SOURCES[knobs.avgSource] === 'query');
  const effort = Float64Array.from(batch.groups, (group) => group.effort ?? knobs.effort);
  // Nobody thinks: nobody is over budget.
  const relativeTo = (length: number, group: number) => (average[group] > 0 ? length / average[group] : 0);
  const relative = Float64Array.from(batch.responses, ({ group }, i) => relativeTo(lengths[i], group));
  const within = Float64Array.from(batch.responses, ({ group }, i) => (relative[i] <= effort[group] ? 1 : 0));
  const pastBudget = new Float64Array(batch.tokens.length);
  batch.responses.forEach(({ group, start }, i) => {
    let thought = 0;
    for (const span of thinking[i]) {
      for (let t = span.start; t < span.end; t++) pastBudget[start + t] = relativeTo(++thought, group) > effort[group] ? 1 : 0;
    }
  });
  const verified = Float64Array.from(batch.responses, (response) => response.reward);
  const rewards = verified.map((reward, i) => (within[i] === 1 ? reward : 0));
  return scalarRewards(input, rewards, {
    verifiedReward: perResponse(verified),
    thinkingLength: perResponse(lengths),
    averageLength: perGroup(average),
    relativeLength: perResponse(relative),
    effort: perGroup(effort),
    withinBudget: perResponse(within),
    pastBudget: perToken(pastBudget),
    shapedReward: perResponse(rewards),
  });
};

export const EFFORT_KNOBS: readonly Knob[] = [
  {
    id: 'effort',
    label: 'Effort',
    symbol: 'r',
    stage: 'reward',
    default: 1,
    min: 0.1,
    max: 3,
    step: 0.05,
    scale: 'lin',
    unit: '× average',
    meaning: 'Largest thinking length that is paid, as a multiple of the average; a prompt that asks for an effort itself overrides it.',
    paper: null,
    applies: 'credit',
  },
  {
    id: 'avgSource',
    label: 'Average over',
    symbol: '\\bar\\ell',
    stage: 'reward',
    default: 0,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'Whose average is compared with: of the same prompt at the same effort, or of the question at every effort.',
    paper: null,
    options: AVERAGE_SOURCES,
    applies: 'credit',
  },
];
