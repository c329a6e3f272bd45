/** Figures of batches: what a method's credit, clipping and sampling do to single tokens. */
import type { RolloutBatch, RolloutResponse } from '../src/core/batch.ts';
import { exp } from '../src/core/math.ts';
import { SIGN_THRESHOLD } from '../src/core/metrics/creditAccuracy.ts';
import { spearman } from '../src/core/metrics/correlation.ts';
import { CLIP_STATE } from '../src/core/pipeline.types.ts';
import { mean, sum } from '../src/core/stats.ts';
import { logSoftmaxInto } from '../src/engine/distribution.ts';
import { withTruth } from '../src/engine/oracle.ts';
import { withEffect } from '../src/engine/trainer.ts';
import { creditAt, watch } from './probeRun.ts';
import type { Probed } from './probeRun.ts';

/** Steps whose batches are pooled. */
const FEW = 10;

/** A share of what was counted. */
function tally() {
  let part = 0;
  let whole = 0;
  return {
    add(isPart: boolean, weight = 1) {
      whole += weight;
      if (isPart) part += weight;
    },
    share: () => (whole === 0 ? Number.NaN : part / whole),
  };
}

const tokensOf = ({ start, end }: RolloutResponse): number[] => Array.from({ length: end - start }, (_, t) => start + t);
const isRight = ({ reward }: RolloutResponse) => reward > 0.5;

export async function goodStepsUp(probed: Probed): Promise<number> {
  const { lab } = probed;
  const up = tally();
  await watch(probed, { steps: FEW }, ({ batch, method, model, before }) => {
    const after = model.getParameters();
    model.setParameters(before);
    const known = withTruth(model, lab.task, batch);
    model.setParameters(after);
    const { credit } = creditAt(known, method);
    const truth = known.fields.trueAdvantages;
    for (const response of known.responses.filter((each) => !isRight(each)))
      for (const t of tokensOf(response)) if (truth && truth[t] > SIGN_THRESHOLD) up.add(credit[t] > 0);
  });
  return up.share();
}

export async function clipSides(probed: Probed): Promise<number> {
  const [left, right]: [number[], number[]] = [[], []];
  await watch(probed, { steps: 50 }, ({ batch, method }) => {
    batch.updates.forEach((_, update) => {
      const { clipState, tokenUpdate, advantages } = creditAt(batch, method, update);
      clipState.forEach((state, t) => {
        if (state === CLIP_STATE.clipped && tokenUpdate[t] === update)
          (advantages[t] < 0 ? left : right).push(batch.fields.oldEntropies?.[t] ?? Number.NaN);
      });
    });
  });
  return left.length === 0 || right.length === 0 ? Number.NaN : mean(left) - mean(right);
}

export async function longWrongShare(probed: Probed): Promise<number> {
  const long = tally();
  await watch(probed, { steps: FEW, learningRate: 0 }, ({ batch, method }) => {
    const { credit } = creditAt(batch, method);
    const wrong = batch.responses.filter((each) => !isRight(each));
    const usual = mean(wrong.map(({ start, end }) => end - start));
    for (const response of wrong) {
      const push = sum(tokensOf(response).map((t) => (Number.isNaN(credit[t]) ? 0 : Math.abs(credit[t]))));
      long.add(response.end - response.start > usual, push);
    }
  });
  return long.share();
}

/** log π and entropy at T = 1 of every sampled token, from the logits that drew it. */
function atUnitTemperature(batch: RolloutBatch): { logp: number; entropy: number }[] {
  const { logits } = batch;
  if (!logits) throw new Error('The batch has no logits.');
  const row = new Float64Array(logits.width);
  return Array.from(batch.tokens, (token, t) => {
    const entropy = logSoftmaxInto(row, logits.data, t * logits.width, 1);
    return { logp: row[token], entropy };
  });
}

async function sampledShare(probed: Probed, isCounted: (at: { p: number; entropy: number }) => boolean): Promise<number> {
  const counted = tally();
  await watch(probed, { steps: FEW, learningRate: 0 }, ({ batch }) => {
    for (const { logp, entropy } of atUnitTemperature(batch)) counted.add(isCounted({ p: exp(logp), entropy }));
  });
  return counted.share();
}

export const rareAtForks = (probed: Probed) => sampledShare(probed, ({ p, entropy }) => p < 0.2 && entropy > 0.5);
export const slips = (probed: Probed) => sampledShare(probed, ({ p, entropy }) => p < 0.05 && entropy < 0.3);

/** Right and likely, wrong and unlikely: down; the other two: up. Likely: log π above −H. */
export async function quadrantShare(probed: Probed): Promise<number> {
  const asSaid = tally();
  await watch(probed, { steps: 2 * FEW }, ({ batch, method, model }) => {
    const { logitsAfter } = withEffect(model, batch);
    if (!logitsAfter) return;
    const { advantages } = creditAt(batch, method);
    const after = atUnitTemperature({ ...batch, logits: logitsAfter });
    atUnitTemperature(batch).forEach(({ logp, entropy }, t) => {
      if (!(Math.abs(advantages[t]) > 0)) return;
      const change = after[t].entropy - entropy;
      const goesDown = advantages[t] > 0 === logp > -entropy;
      asSaid.add(change < 0 === goesDown, Math.abs(change));
    });
  });
  return asSaid.share();
}

export async function redundantDown(probed: Probed): Promise<number> {
  const down = tally();
  await watch(probed, { steps: 100 }, ({ batch, method }) => {
    const { advantages, trace } = creditAt(batch, method);
    trace.redundant?.values.forEach((redundant, t) => {
      if (redundant === 1 && !Number.isNaN(advantages[t])) down.add(advantages[t] < 0);
    });
  });
  return down.share();
}

export async function recheckAdvantage(probed: Probed): Promise<number> {
  const found: number[] = [];
  await watch(probed, { steps: FEW, learningRate: 0 }, ({ batch, method }) => {
    const { advantages } = creditAt(batch, method);
    for (const { start, spans = [] } of batch.responses) {
      // The first chunk is the work itself; each later one opens with a token that decides to check it again.
      const rechecks = spans.filter(({ kind }) => kind === 'chunk').slice(1);
      found.push(...rechecks.map((chunk) => advantages[start + chunk.start]).filter((value) => !Number.isNaN(value)));
    }
  });
  return found.length === 0 ? Number.NaN : mean(found);
}

async function hiddenRewards(probed: Probed): Promise<{ size: number; entropy: number }[]> {
  const found: { size: number; entropy: number }[] = [];
  await watch(probed, { steps: FEW, learningRate: 0 }, ({ batch, method }) => {
    creditAt(batch, method).trace.hiddenReward?.values.forEach((value, t) => {
      if (!Number.isNaN(value)) found.push({ size: Math.abs(value), entropy: batch.fields.oldEntropies?.[t] ?? Number.NaN });
    });
  });
  return found;
}

export async function hiddenMass(probed: Probed): Promise<number> {
  const sizes = (await hiddenRewards(probed)).map(({ size }) => size).sort((a, b) => b - a);
  return sum(sizes.slice(0, Math.round(sizes.length / 5))) / sum(sizes);
}

export async function hiddenEntropy(probed: Probed): Promise<number> {
  const found = await hiddenRewards(probed);
  return spearman(
    found.map(({ size }) => size),
    found.map(({ entropy }) => entropy),
  );
}
