/** Figures of whole runs that `results` does not keep: pass@8, lengths by difficulty, what part of the tokens teaches, decoding. */
import { decodeByValues, listedToy } from '../src/core/oracle/listedToy.ts';
import { HEADLINE, loadMethod } from '../src/core/methods/index.ts';
import { defaultKnobs } from '../src/core/pipeline.ts';
import { hashText } from '../src/core/random.ts';
import { groupNormalisation } from '../src/core/stages/groupNormalisation.ts';
import type { Method, Trace } from '../src/core/stages/types.ts';
import { mean, quantile } from '../src/core/stats.ts';
import { evaluate } from '../src/engine/evaluate.ts';
import { answers, creditAt, modelWith, watch } from './probeRun.ts';
import type { Probed, Watched } from './probeRun.ts';
import { readCell } from './resultCells.ts';
import { FIGURES, sweepPlace } from './resultFigures.ts';
import { CREDIT_LADDER } from './resultPlan.ts';

const STEPS = 100;
const LAST = 10;
const PROMPTS = 128;
const EVERY = 5;

/** From the kept runs of the sweep. */
export async function leadByGroup({ lab, method, seed }: Probed): Promise<number> {
  const [baseline] = CREDIT_LADDER;
  const rewardAt = (id: string, size: number) => {
    const cell = readCell({ ...sweepPlace(lab.task.meta.id, id, size, 'default'), seed });
    return cell && !('error' in cell) ? FIGURES.early.of(cell) : Number.NaN;
  };
  const lead = (size: number) => rewardAt(method.meta.id, size) - rewardAt(baseline, size);
  return lead(16) - lead(2);
}

export async function passAt8(probed: Probed): Promise<number> {
  const { lab } = probed;
  const weights = await watch(probed, { steps: STEPS });
  const drawn = answers(modelWith(lab, weights), lab.task, lab.heldOut(PROMPTS), 8);
  return mean(drawn.map((each) => (each.some(({ reward }) => reward > 0.5) ? 1 : 0)));
}

export async function adaptedLength(probed: Probed): Promise<number> {
  const { lab } = probed;
  const prompts = lab.heldOut(PROMPTS);
  const before = answers(modelWith(lab, lab.base), lab.task, prompts, 8);
  const success = before.map((each) => mean(each.map(({ reward }) => reward)));
  const middle = quantile(success, 0.5);
  const ratio = (drawn: typeof before) => {
    const lengthOf = (isHard: boolean) =>
      mean(drawn.filter((_, p) => success[p] < middle === isHard).map((each) => mean(each.map(({ length }) => length))));
    return lengthOf(true) / lengthOf(false);
  };
  const weights = await watch(probed, { steps: STEPS });
  return ratio(answers(modelWith(lab, weights), lab.task, prompts, 8)) - ratio(before);
}

/** What tokens are ranked by: λ, or how near they are to their own side's centre, whatever the other side is like. */
const RANKED_BY = [
  (trace: Trace) => trace.lambda?.values,
  (trace: Trace) => trace.ownDistance?.values.map((distance) => 0 - distance),
] as const;

/** The group baseline's advantages, kept where the token's rank is in the top half (`half` 1) or the bottom half (−1) of the batch, 0 elsewhere. */
export function halfOf(method: Method, half: number, baseline: Method, rankedBy = 0): Method {
  const judge = method.stages.advantage;
  if (half === 0 || !judge) return baseline;
  const ownKnobs = defaultKnobs(method);
  return {
    ...baseline,
    needs: method.needs,
    stages: {
      ...baseline.stages,
      advantage(input) {
        const result = (baseline.stages.advantage ?? groupNormalisation)(input);
        const { trace } = judge({ ...input, knobs: { ...ownKnobs, ...input.knobs } });
        const ranks = RANKED_BY[rankedBy](trace) ?? new Float64Array(0);
        const middle = quantile(
          ranks.filter((value) => !Number.isNaN(value)),
          0.5,
        );
        const isKept = (value: number) => (half > 0 ? value > middle : value <= middle);
        return { ...result, advantages: result.advantages.map((value, t) => (isKept(ranks[t]) ? value : 0)) };
      },
    },
  };
}

export async function halfSpeed(probed: Probed): Promise<number> {
  const { lab, method, knobs } = probed;
  const chosen = halfOf(method, knobs.half, await loadMethod(HEADLINE[0]), knobs.rankedBy);
  return speedFrom({ ...probed, method: chosen, knobs: {} }, lab.base);
}

/** Mean held-out reward over 100 steps from these weights. */
async function speedFrom(probed: Probed, from: Float32Array): Promise<number> {
  const { lab } = probed;
  const prompts = lab.heldOut(2 * PROMPTS);
  const curve = [evaluate(modelWith(lab, from), lab.task, prompts, 1).reward];
  await watch(probed, { steps: STEPS, from }, ({ model, step }) => {
    if ((step + 1) % EVERY === 0) curve.push(evaluate(model, lab.task, prompts, 1).reward);
  });
  return mean(curve);
}

export async function lateSpeed(probed: Probed): Promise<number> {
  const from = await watch({ ...probed, method: await loadMethod(HEADLINE[0]), knobs: {} }, { steps: 30 });
  return speedFrom({ ...probed, seed: `${probed.seed} later` }, from);
}

/** Mean reward of the last batches' samples; of those drawn with the values alone, where the method tells them apart. */
export async function drawnReward(probed: Probed): Promise<number> {
  const rewards: number[] = [];
  const isLast = ({ step }: Watched) => step >= STEPS - LAST;
  await watch(probed, { steps: STEPS }, (seen) => {
    if (!isLast(seen)) return;
    const own = creditAt(seen.batch, seen.method).trace.isAugmented?.values;
    for (const { start, reward } of seen.batch.responses) if (!own || own[start] === 1) rewards.push(reward);
  });
  return mean(rewards);
}

export async function overBestOf128(probed: Probed): Promise<number> {
  const { lab } = probed;
  const drawn = answers(modelWith(lab, lab.base), lab.task, lab.heldOut(PROMPTS / 4), 128);
  return (await drawnReward(probed)) - mean(drawn.map((each) => Math.max(...each.map(({ reward }) => reward))));
}

/** Random toys of one seed. */
const TOYS = 5;

export async function tiltGap({ method, knobs, seed }: Probed): Promise<number> {
  const { valueBeta } = { ...defaultKnobs(method), ...knobs };
  const gaps = Array.from({ length: TOYS }, (_, k) => {
    const { decoded, optimum } = decodeByValues(listedToy(hashText(`${seed} ${k}`), 7), valueBeta);
    return decoded.reward - optimum.reward;
  });
  return mean(gaps);
}

export async function earlyLength(probed: Probed): Promise<number> {
  const lengths: number[] = [];
  await watch(probed, { steps: 30 }, ({ batch }) => lengths.push(...batch.responses.map(({ start, end }) => end - start)));
  return mean(lengths);
}

export async function laterReward(probed: Probed): Promise<number> {
  const { lab } = probed;
  const from = await watch(probed, { steps: STEPS });
  const baseline = await loadMethod(HEADLINE[0]);
  const weights = await watch({ ...probed, method: baseline, knobs: {}, seed: `${probed.seed} later` }, { steps: STEPS, from });
  return evaluate(modelWith(lab, weights), lab.task, lab.heldOut(1024), 1).reward;
}

export async function endF1(probed: Probed): Promise<number> {
  let [both, said, right] = [0, 0, 0];
  await watch(probed, { steps: 2 * STEPS }, ({ batch, method, step }) => {
    if (step < 2 * STEPS - LAST) return;
    const expected = creditAt(batch, method).trace.expectedReward?.values;
    for (const { end, reward } of batch.responses) {
      const isSaid = (expected?.[end - 1] ?? 0) > 0.5;
      if (isSaid) said++;
      if (reward > 0.5) right++;
      if (isSaid && reward > 0.5) both++;
    }
  });
  return (2 * both) / (said + right);
}
