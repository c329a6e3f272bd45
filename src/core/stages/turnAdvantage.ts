import type { RolloutBatch } from '../batch.ts';
import { mean, sampleStd } from '../stats.ts';
import { perGroup, perResponse, perToken } from '../trace.ts';
import { NORM } from './groupNormalisation.ts';
import { turnsOf } from './testRewards.ts';
import type { AdvantageStage, Knob, KnobValues } from './types.ts';

interface Centred {
  mean: number;
  std: number;
  values: readonly number[];
}

/** Values minus their mean, and over their sample std where `normByStd` asks for it; a single value is its own mean, with std 0. */
function centre(values: readonly number[], knobs: KnobValues): Centred {
  const middle = mean(values);
  const std = values.length > 1 ? sampleStd(values, middle) : 0;
  const divisor = knobs.normByStd === NORM.none ? 1 : std + knobs.stdEps;
  return { mean: middle, std, values: values.map((value) => (value - middle) / divisor) };
}

/** The reward of each turn of each response (stream `tests`), and per response what all other streams sum to. */
function rewardsByTurn(batch: RolloutBatch, streams: Readonly<Record<string, Float64Array>>) {
  const turns = batch.responses.map(turnsOf);
  const local = batch.responses.map(({ start }, i) => turns[i].map(({ end }) => streams.tests?.[start + end - 1] ?? 0));
  const others = Object.entries(streams).flatMap(([name, stream]) => (name === 'tests' ? [] : [stream]));
  const global = batch.responses.map(({ start, end }) => {
    let total = 0;
    for (const stream of others) for (let t = start; t < end; t++) total += stream[t];
    return total;
  });
  return { turns, local, global };
}

/**
 * VeRPO eq. 12–14: A = A_traj + β A_turn on the tokens of a turn; A_turn = the turn's reward minus the mean over all turns of the
 * group, A_traj = the response's minus the mean over its responses. Dividing each by its own std is the paper's ablation.
 */
export const turnAdvantage: AdvantageStage = ({ batch, knobs, rewards }) => {
  const n = batch.tokens.length;
  const { turns, local, global } = rewardsByTurn(batch, rewards.streams);
  const [advantages, localAdvantage] = Array.from({ length: 2 }, () => new Float64Array(n));
  const globalAdvantage = new Float64Array(batch.responses.length);
  const [localMean, localStd, globalMean, globalStd] = Array.from({ length: 4 }, () => new Float64Array(batch.groups.length));
  batch.groups.forEach(({ start, end }, g) => {
    const ofTurns = centre(local.slice(start, end).flat(), knobs);
    const ofResponses = centre(global.slice(start, end), knobs);
    [localMean[g], localStd[g], globalMean[g], globalStd[g]] = [ofTurns.mean, ofTurns.std, ofResponses.mean, ofResponses.std];
    let place = 0;
    for (let i = start; i < end; i++) {
      const whole = ofResponses.values[i - start];
      globalAdvantage[i] = whole;
      let from = batch.responses[i].start;
      for (const turn of turns[i]) {
        const to = batch.responses[i].start + turn.end;
        const own = ofTurns.values[place++];
        localAdvantage.fill(own, from, to);
        advantages.fill((knobs.useGlobal === 1 ? whole : 0) + knobs.turnBeta * own, from, to);
        from = to;
      }
    }
  });
  return {
    advantages,
    trace: {
      localAdvantage: perToken(localAdvantage),
      globalAdvantage: perResponse(globalAdvantage),
      localMean: perGroup(localMean),
      localStd: perGroup(localStd),
      globalMean: perGroup(globalMean),
      globalStd: perGroup(globalStd),
      advantages: perToken(advantages),
    },
  };
};

export const TURN_KNOBS: readonly Knob[] = [
  {
    id: 'useGlobal',
    label: 'Count full passes',
    symbol: 'A^{traj}',
    stage: 'advantage',
    default: 1,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'Adds the advantage of passing all tests; without it only the weighted single tests count.',
    paper: { value: 1, source: 'VeRPO eq. 14' },
    options: ['no', 'yes'],
    applies: 'credit',
  },
  {
    id: 'turnBeta',
    label: 'Weight of single tests',
    symbol: '\\beta',
    stage: 'advantage',
    default: 1,
    min: 0,
    max: 4,
    step: 0.05,
    scale: 'lin',
    unit: '',
    meaning: 'How much the tests passed count beside the full pass; at 0 only the full pass counts, as in Dr. GRPO.',
    paper: null,
    applies: 'credit',
  },
];
