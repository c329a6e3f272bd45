import type { RolloutResponse } from '../batch.ts';
import { exp } from '../math.ts';
import type { PrefixTree } from '../prefixTree.ts';
import { buildPrefixTree } from '../prefixTree.ts';
import { mean } from '../stats.ts';
import { perToken } from '../trace.ts';
import { constantClip } from './adaptiveClip.ts';
import { knobWeights } from './aggregation.ts';
import { surrogateLoss } from './clippedSurrogate.ts';
import { requireField } from './fields.ts';
import { weightedKlLoss } from './klLoss.ts';
import { maskTokens } from './tokenMask.ts';
import type { AdvantageStage, Knob, KnobValues, LossStage, StageInput } from './types.ts';

export const SEGMENT_KNOBS: readonly Knob[] = [
  {
    id: 'probThreshold',
    label: 'Uncertain below',
    symbol: 'p_{max}',
    stage: 'advantage',
    default: 0.9,
    min: 0.05,
    max: 1,
    step: 0.01,
    scale: 'lin',
    unit: '',
    meaning:
      'A token is uncertain where it was drawn with less than this probability; only uncertain tokens learn, and cuts stand before them.',
    paper: { value: 0.9, source: 'SPO@b9fc6a2 mc_advantages.py:927, ppo_trainer.py:1057' },
    applies: 'credit',
    alsoReadBy: ['loss', 'regulariser'],
  },
  {
    id: 'cutpointInterval',
    label: 'Uncertain tokens a segment',
    symbol: 'k',
    stage: 'advantage',
    default: 1,
    min: 1,
    max: 20,
    step: 1,
    scale: 'lin',
    unit: 'tokens',
    meaning: 'Every k-th uncertain token starts a segment; larger gives longer segments that share one advantage.',
    paper: { value: 5, source: 'SPO@b9fc6a2 cutpoint_interval' },
    applies: 'credit',
  },
];

/** Where V of a cutpoint comes from: values of the trace `valueSource`. */
export const VALUE_SOURCE = { samples: 0, continuations: 1 } as const;
/** What a token gets: values of the trace `segmentRule`. */
export const SEGMENT_RULE = { beforeFirst: 0, segment: 1, certain: 2 } as const;

/** Number of tokens before each cut: every k-th uncertain token starts a segment. The released code's cutpoint is one less. */
export function segmentStarts(oldLogprobs: Float64Array, knobs: KnobValues): number[] {
  const uncertain = Array.from(oldLogprobs.keys()).filter((t) => exp(oldLogprobs[t]) < knobs.probThreshold);
  return uncertain.filter((_, k) => k % knobs.cutpointInterval === 0);
}

/** V of the prefix of `after` tokens: the mean of its continuations, else of the group's samples that share it. */
function prefixValue(response: RolloutResponse, tree: PrefixTree, after: number): { value: number; count: number; source: number } {
  const drawn = response.continuations?.find((continuation) => continuation.after === after);
  if (drawn) return { value: mean(drawn.rewards), count: drawn.rewards.length, source: VALUE_SOURCE.continuations };
  const { value, count } = after === 0 ? tree.nodes[0] : tree.nodes[tree.node[response.start - tree.tokenStart + after - 1]];
  return { value, count, source: VALUE_SOURCE.samples };
}

/**
 * SPO-chain: the response is cut before every k-th uncertain token (π_old below the threshold), and every token of a segment
 * gets V(its end) − V(its start), the last one r − V(its start). Tokens before the first cut and certain ones (π_old above the
 * threshold) get 0. V is the mean reward of K continuations where the batch has them, else of the group's own samples that
 * share the prefix: an estimate from at most G samples [AIFrameResearch/SPO@b9fc6a2 math_episode_generator_with_mc_advantages.py:347].
 */
export const segmentAdvantage: AdvantageStage = ({ batch, knobs, rewards }) => {
  const n = batch.tokens.length;
  const old = requireField(batch, 'oldLogprobs');
  const fields = Array.from({ length: 10 }, () => new Float64Array(n));
  const [probability, isStart, cutpoint, startValue, endValue, count, source, raw, rule, advantages] = fields;
  batch.groups.forEach(({ start: first, end: last }, g) => {
    const tree = buildPrefixTree(batch, g, rewards.total);
    for (let i = first; i < last; i++) {
      const response = batch.responses[i];
      const { start, end } = response;
      const starts = segmentStarts(old.subarray(start, end), knobs);
      const values = starts.map((after) => prefixValue(response, tree, after));
      const [before] = starts.length > 0 ? starts : [end - start];
      // Nothing is known before the first cut.
      for (const field of [cutpoint, startValue, endValue, count, source]) field.fill(NaN, start, start + before);
      starts.forEach((after, k) => {
        const until = starts[k + 1] ?? end - start;
        isStart[start + after] = 1;
        for (let t = start + after; t < start + until; t++) {
          cutpoint[t] = after - 1;
          startValue[t] = values[k].value;
          count[t] = values[k].count;
          source[t] = values[k].source;
          endValue[t] = k + 1 < values.length ? values[k + 1].value : rewards.total[i];
          raw[t] = endValue[t] - startValue[t];
          rule[t] = SEGMENT_RULE.segment;
        }
      });
    }
  });
  for (let t = 0; t < n; t++) {
    probability[t] = exp(old[t]);
    if (probability[t] > knobs.probThreshold) rule[t] = SEGMENT_RULE.certain;
    advantages[t] = rule[t] === SEGMENT_RULE.segment ? raw[t] : 0;
  }
  return {
    advantages,
    trace: {
      oldProbability: perToken(probability),
      segmentStart: perToken(isStart),
      cutpoint: perToken(cutpoint),
      segmentStartValue: perToken(startValue),
      segmentEndValue: perToken(endValue),
      segmentStartCount: perToken(count),
      valueSource: perToken(source),
      segmentAdvantages: perToken(raw),
      segmentRule: perToken(rule),
      advantages: perToken(advantages),
    },
  };
};

/** [N] 1 where the token was uncertain when it was drawn. */
function uncertainTokens({ batch, knobs }: StageInput): Float64Array {
  return requireField(batch, 'oldLogprobs').map((logprob) => (exp(logprob) < knobs.probThreshold ? 1 : 0));
}

/** The clipped surrogate over the uncertain tokens alone: certain ones count in no mean [ppo_trainer.py:1057 use_prob_mask]. */
export const uncertainTokenLoss: LossStage = (input) => {
  const keep = uncertainTokens(input);
  const widths = constantClip(keep.length, input.knobs);
  const result = maskTokens(surrogateLoss(input, input.advantages, widths, knobWeights(input.batch, input.knobs, keep)), keep);
  return { ...result, trace: { ...result.trace, probMask: perToken(keep) } };
};

/** The KL over the same tokens. */
export const uncertainTokenKl: LossStage = (input) =>
  weightedKlLoss(input, () => knobWeights(input.batch, input.knobs, uncertainTokens(input)));
