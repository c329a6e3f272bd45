import type { MethodState, RolloutBatch } from '../batch.ts';
import { STREAM, uniformAt } from '../random.ts';
import { mean } from '../stats.ts';
import { perBatch, perGroup } from '../trace.ts';
import { necessaryPrefix } from './necessaryPrefix.ts';
import type { Knob, Method, SamplingStage, StageInput } from './types.ts';

/** Values of the trace `easyRule`. */
const RULE = { none: 0, share: 1, all: 2 } as const;

/** What a state remembers: κ and the mean NRP ratio of the batch before, 0 where there was none. */
function remembered(state: MethodState): { kappa: number; before: number } {
  const read = (name: string) => {
    const value = state?.[name];
    return typeof value === 'number' ? value : 0;
  };
  return { kappa: read('kappa'), before: read('meanNrpRatio') };
}

/**
 * κ of this step and of the next, κ′ = κ + η (R_m − R_{m−1}), R_m = mean NRP ratio over the responses that have one. The first
 * batch only stores R_m. No clip: the code has it commented out, the paper clips κ to [0, κ⁰].
 */
function schedule({ batch, knobs, state }: StageInput) {
  const { kappa, before } = remembered(state);
  const ratios = batch.responses.map((response) => necessaryPrefix(response).ratio).filter((ratio) => ratio > 0);
  const now = ratios.length > 0 ? mean(ratios) : 0;
  const moves = before > 0 && now > 0;
  // A method that is lent another's sampling stage has no η, and schedules nothing.
  const rate = knobs.kappaLr ?? 0;
  return { kappa, before, now, moves, next: moves ? kappa + rate * (now - before) : kappa };
}

/** Of these groups the `count` with the smallest draws. */
function chooseGroups(batch: RolloutBatch, groups: readonly number[], count: number): number[] {
  const { seed, step } = batch.draw ?? { seed: 0, step: 0 };
  const draws = groups.map((g) => ({ g, u: uniformAt(seed, STREAM.selection, step, g) }));
  return draws
    .sort((a, b) => a.u - b.u)
    .slice(0, count)
    .map(({ g }) => g);
}

/**
 * DECS's curriculum: groups whose rewards vary take part, and ⌊κ k/(1 − κ)⌋ all-right groups beside the k of those, drawn at
 * random, so that easy prompts are a share κ of the batch. All-wrong groups leave [pixas/DECS@0d12e53 valid_ray_trainer.py fit].
 */
export const easyCurriculum: NonNullable<SamplingStage['keepGroups']> = (input) => {
  const { batch, knobs } = input;
  const { kappa, before, now, moves, next } = schedule(input);
  const rewardsOf = (g: number) => batch.responses.slice(batch.groups[g].start, batch.groups[g].end).map(({ reward }) => reward);
  const mixed = Uint8Array.from(batch.groups, (_, g) => (rewardsOf(g).some((reward, _i, all) => reward !== all[0]) ? 1 : 0));
  const easy = Uint8Array.from(batch.groups, (_, g) => (mixed[g] === 0 && rewardsOf(g)[0] > 0 ? 1 : 0));
  const easyGroups = Array.from(easy.keys()).filter((g) => easy[g] === 1);
  const mixedCount = mixed.reduce((count, m) => count + m, 0);
  const rule = kappa <= 0 ? RULE.none : kappa < 1 ? RULE.share : RULE.all;
  const wanted = [0, Math.floor((kappa * mixedCount) / (1 - kappa)), easyGroups.length][rule];
  const keep = Uint8Array.from(mixed);
  for (const g of chooseGroups(batch, easyGroups, wanted)) keep[g] = 1;
  return {
    keep: knobs.curriculum === 1 ? keep : new Uint8Array(batch.groups.length).fill(1),
    trace: {
      groupMixed: perGroup(Float64Array.from(mixed)),
      groupEasy: perGroup(Float64Array.from(easy)),
      mixedCount: perBatch(mixedCount),
      easyWanted: perBatch(wanted),
      easyRule: perBatch(rule),
      kappa: perBatch(kappa),
      kappaNext: perBatch(next),
      kappaMoves: perBatch(moves ? 1 : 0),
      nrpMean: perBatch(now),
      nrpMeanBefore: perBatch(before),
    },
  };
};

/** κ and R_m for the next step; a batch without a right answer leaves R as it was. */
export const nextCurriculum: NonNullable<Method['nextState']> = (input) => {
  const { before, now, next } = schedule(input);
  return { kappa: next, meanNrpRatio: now > 0 ? now : before };
};

export const CURRICULUM_KNOBS: readonly Knob[] = [
  {
    id: 'curriculum',
    label: 'Curriculum of easy prompts',
    symbol: '\\kappa',
    stage: 'sampling',
    default: 1,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'All-wrong groups leave the update, and of the all-right ones a scheduled share takes part; without it every group does.',
    paper: { value: 1, source: 'DECS@0d12e53 valid_ray_trainer.py' },
    options: ['no', 'yes'],
    applies: 'credit',
  },
  {
    id: 'kappaLr',
    label: 'Step of the share',
    symbol: '\\eta_\\kappa',
    stage: 'sampling',
    default: 0.2,
    min: 0,
    max: 2,
    step: 0.05,
    scale: 'lin',
    unit: '',
    meaning: 'How much the share of easy prompts grows when answers become less redundant; larger lets more of them in.',
    paper: { value: 0.2, source: 'DECS@0d12e53 valid_ray_trainer.py' },
    applies: 'training',
  },
];
