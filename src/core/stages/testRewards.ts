import type { RolloutBatch, RolloutResponse } from '../batch.ts';
import { exp } from '../math.ts';
import { mean, sum } from '../stats.ts';
import { perGroup, perResponse, perTest, perToken } from '../trace.ts';
import { MissingFieldError } from './fields.ts';
import type { Knob, KnobValues, RewardStage } from './types.ts';

/** Values of the trace `groupSignal`. */
const SIGNAL = { outcome: 0, testsOnly: 1, none: 2 } as const;

/** An attempt within a response: tokens up to `end` (exclusive, in positions of the response) that no turn before it has. */
export interface Turn {
  end: number;
  /** 0/1 per test. */
  passes: readonly number[];
}

/** The turns of a response; one, with the response's own test results, where it has none. The last one runs to the end. */
export function turnsOf({ start, end, spans, parts }: RolloutResponse): Turn[] {
  const turns = (spans ?? []).flatMap((span): Turn[] =>
    span.kind === 'turn' && span.parts ? [{ end: span.end, passes: span.parts }] : [],
  );
  if (turns.length > 0) return turns.map((turn, k) => (k === turns.length - 1 ? { ...turn, end: end - start } : turn));
  if (!parts) throw new MissingFieldError('parts');
  return [{ end: end - start, passes: parts }];
}

/** What one group's tests are worth. */
export interface TestWeights {
  /** [tests] ρ, N and w′. */
  passRates: Float64Array;
  densities: Float64Array;
  weights: Float64Array;
}

/**
 * VeRPO eq. 3, 7–9: ρ_j = share of the group's turns that pass test j, N_j = Σ_k exp(−(ρ_j − ρ_k)²/(2σ²)) = about how many
 * tests are as easy, w′_j = exp(−α ρ_j)/(N_j + δ). Without `difficulty` the numerator is 1, without `densityCalibrated` the
 * denominator.
 */
export function testWeights(turns: readonly Turn[], knobs: KnobValues): TestWeights {
  const count = turns[0].passes.length;
  if (turns.some(({ passes }) => passes.length !== count)) throw new Error('All samples of a prompt must be put to the same tests.');
  const passRates = Float64Array.from({ length: count }, (_, j) => mean(turns.map(({ passes }) => passes[j])));
  const densities = passRates.map((rho) =>
    sum(passRates.map((other) => exp(-((rho - other) * (rho - other)) / (2 * knobs.densitySigma * knobs.densitySigma)))),
  );
  const weights = passRates.map((rho, j) => {
    const value = knobs.difficulty === 1 ? exp(-knobs.difficultyAlpha * rho) : 1;
    return knobs.densityCalibrated === 1 ? value / (densities[j] + knobs.densityFloor) : value;
  });
  return { passRates, densities, weights };
}

const power = (base: number, count: number): number => (count === 0 ? 1 : base * power(base, count - 1));
const isConstant = (values: readonly number[]): boolean => values.every((value) => value === values[0]);

/** Turns, test weights and both rewards of a batch. */
export interface TestScores {
  /** [responses][turns] */
  turns: readonly (readonly Turn[])[];
  /** [groups] */
  weights: readonly TestWeights[];
  /** [responses][turns] Σ_j w′_j p_j (eq. 10). */
  local: readonly (readonly number[])[];
  /** [responses] 1[all tests pass at the last turn] γ^turns (eq. 11). */
  global: Float64Array;
  /** [groups] Is the full pass, are the rewards of the turns, the same for all? */
  outcomeDegenerate: readonly boolean[];
  denseDegenerate: readonly boolean[];
}

export function testScores(batch: RolloutBatch, knobs: KnobValues): TestScores {
  const turns = batch.responses.map(turnsOf);
  const weights = batch.groups.map(({ start, end }) => testWeights(turns.slice(start, end).flat(), knobs));
  const local = batch.responses.map(({ group }, i) =>
    turns[i].map(({ passes }) => sum(weights[group].weights.map((weight, j) => weight * passes[j]))),
  );
  const global = Float64Array.from(turns, (own) =>
    own[own.length - 1].passes.every((pass) => pass === 1) ? power(knobs.turnDiscount, own.length) : 0,
  );
  return {
    turns,
    weights,
    local,
    global,
    outcomeDegenerate: batch.groups.map(({ start, end }) => isConstant(Array.from(global.subarray(start, end)))),
    denseDegenerate: batch.groups.map(({ start, end }) => isConstant(local.slice(start, end).flat())),
  };
}

/** [groups × tests] row-major, NaN after the last test of a group. */
function stacked(rows: readonly Float64Array[]): Float64Array {
  const width = Math.max(...rows.map((row) => row.length));
  const out = new Float64Array(rows.length * width).fill(NaN);
  rows.forEach((row, g) => out.set(row, g * width));
  return out;
}

/**
 * VeRPO's rewards: the weighted tests passed at the end of each turn (stream `tests`), and all tests passed at the end of the
 * response. The verifier's own reward is not read.
 */
export const testRewards: RewardStage = ({ batch, knobs }) => {
  const n = batch.tokens.length;
  const { turns, weights, local, global, outcomeDegenerate, denseDegenerate } = testScores(batch, knobs);
  const [reward, tests, tokenRewards, turnReward, turnEnd, testsPassed] = Array.from({ length: 6 }, () => new Float64Array(n));
  const [total, turnCount] = [Float64Array.from(global), new Float64Array(batch.responses.length)];
  batch.responses.forEach(({ start, end }, i) => {
    reward[end - 1] = global[i];
    turnCount[i] = turns[i].length;
    let from = start;
    turns[i].forEach((turn, k) => {
      const to = start + turn.end;
      tests[to - 1] = local[i][k];
      total[i] += local[i][k];
      turnReward.fill(local[i][k], from, to);
      turnEnd[to - 1] = 1;
      testsPassed.fill(sum(turn.passes), from, to);
      from = to;
    });
    for (let t = start; t < end; t++) tokenRewards[t] = reward[t] + tests[t];
  });
  const signal = outcomeDegenerate.map((isOne, g) => (!isOne ? SIGNAL.outcome : denseDegenerate[g] ? SIGNAL.none : SIGNAL.testsOnly));
  const expected = weights.map((own) => sum(own.weights.map((weight, j) => weight * own.passRates[j])));
  return {
    streams: { reward, tests },
    total,
    trace: {
      reward: perResponse(global),
      totalReward: perResponse(total),
      tokenRewards: perToken(tokenRewards),
      turnReward: perToken(turnReward),
      turnEnd: perToken(turnEnd),
      turnCount: perResponse(turnCount),
      testsPassed: perToken(testsPassed),
      testCount: perGroup(Float64Array.from(weights, ({ weights: w }) => w.length)),
      expectedTurnReward: perGroup(Float64Array.from(expected)),
      groupSignal: perGroup(Float64Array.from(signal)),
      passRates: perTest(stacked(weights.map((own) => own.passRates))),
      testDensities: perTest(stacked(weights.map((own) => own.densities))),
      testWeights: perTest(stacked(weights.map((own) => own.weights))),
    },
  };
};

export const TEST_KNOBS: readonly Knob[] = [
  {
    id: 'difficulty',
    label: 'Weigh rare tests up',
    symbol: 'e^{-\\alpha\\rho}',
    stage: 'reward',
    default: 1,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'A test that few samples pass is worth more than one that nearly all pass; without it all count the same.',
    paper: { value: 1, source: 'VeRPO eq. 8' },
    options: ['no', 'yes'],
    applies: 'credit',
  },
  {
    id: 'difficultyAlpha',
    label: 'Steepness in the difficulty',
    symbol: '\\alpha',
    stage: 'reward',
    default: 2,
    min: 0,
    max: 10,
    step: 0.1,
    scale: 'lin',
    unit: '',
    meaning: 'How fast a test loses worth as more samples pass it; at 0 easy and hard tests are worth the same.',
    paper: null,
    applies: 'credit',
  },
  {
    id: 'densityCalibrated',
    label: 'Divide by similar tests',
    symbol: '1/N_j',
    stage: 'reward',
    default: 1,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'Tests that are about as easy share one worth, so that ten easy ones do not outweigh a hard one.',
    paper: { value: 1, source: 'VeRPO eq. 9; the first version appears to have no division' },
    options: ['no', 'yes'],
    applies: 'credit',
  },
  {
    id: 'densitySigma',
    label: 'Width of “as easy”',
    symbol: '\\sigma',
    stage: 'reward',
    default: 0.1,
    min: 0.01,
    max: 1,
    step: 0.01,
    scale: 'lin',
    unit: 'pass rate',
    meaning: 'Pass rates this far apart still count as similar; larger makes all tests share one worth.',
    paper: null,
    applies: 'credit',
  },
  {
    id: 'densityFloor',
    label: 'Floor under the number of similar tests',
    symbol: '\\delta',
    stage: 'reward',
    default: 1e-6,
    min: 1e-9,
    max: 0.1,
    step: 1,
    scale: 'log',
    unit: 'tests',
    meaning: 'Added to the number of similar tests before the division; larger pays a little less.',
    paper: null,
    applies: 'credit',
    advanced: true,
  },
  {
    id: 'turnDiscount',
    label: 'Discount per turn',
    symbol: '\\gamma',
    stage: 'reward',
    default: 1,
    min: 0.5,
    max: 1,
    step: 0.01,
    scale: 'lin',
    unit: '',
    meaning: 'A success after more turns is worth less, by this factor for each turn.',
    paper: null,
    applies: 'credit',
  },
];
