import { expect, it } from 'vitest';
import { entrantOf } from './race.ts';
import { LEVEL, placesOf, rowAt } from './raceCurves.ts';
import { commandOf, raceCsv, raceJson } from './raceExport.ts';
import type { RaceRun, RaceSetup } from './raceTypes.ts';

const lap = (step: number, reward: number) => ({ step, reward, entropy: 0.5, length: 6, tokens: 100 * step, seconds: step / 10 });
const entrant = entrantOf('GRPO, twice', { id: 'flat', knobs: { clipLow: 0.2, clipC: Infinity }, mix: { loss: 'branchy' } });
const run = (seed: string, rewards: readonly number[], stopped: string | null = null): RaceRun => ({
  id: `${entrant.key} ${seed}`,
  entrant: entrant.key,
  seed,
  status: 'over',
  laps: rewards.map((reward, i) => lap(10 * i, reward)),
  stopped,
  failure: null,
  hash: 'h',
});
const runs = [run('seed-1', [0.4, 0.7, 0.9]), run('seed-2', [0.4, 0.6], 'nothing to learn')];
const setup: RaceSetup = {
  task: 'chain-sum',
  checkpoint: 'checkpoints/chain-sum/base.bin',
  checkpointLabel: 'base',
  settings: { prompts: 8, groupSize: 8, epochs: 2, minibatches: 2, learningRate: 3e-4, temperature: 1 },
  seeds: 2,
  steps: 20,
  every: 10,
  prompts: 256,
};

it('writes a line a lap, names with commas quoted', () => {
  const lines = raceCsv({ entrants: [entrant], runs })
    .trimEnd()
    .split('\n');
  expect(lines).toHaveLength(6);
  expect(lines[0]).toBe('method,seed,step,reward,entropy,length,tokens,seconds');
  expect(lines[2]).toBe('"GRPO, twice",seed-1,10,0.7,0.5,6,1000,1');
});

it('names the command that repeats an entrant, infinite knobs and mixed stages included', () => {
  expect(commandOf(entrant, setup)).toBe(
    'npm run --silent experiment -- --task chain-sum --checkpoint public/checkpoints/chain-sum/base.bin --method flat --seeds 2 --steps 20 --every 10 --prompts 256 --json --set prompts=8 --set groupSize=8 --set epochs=2 --set minibatches=2 --set learningRate=0.0003 --set temperature=1 --knob clipLow=0.2 --knob clipC=Infinity --mix loss=branchy',
  );
  const { commands, runs: kept } = JSON.parse(raceJson({ setup, entrants: [entrant], runs })) as { commands: string[]; runs: unknown[] };
  expect([commands.length, kept.length]).toEqual([1, 2]);
});

it('puts what a run held when it ended early into the mean of the later steps', () => {
  expect(placesOf(runs, 'step')).toEqual([0, 10, 20]);
  const row = rowAt(runs, entrant.key, 'step', 20);
  // 0.9 and what stands of 0.6.
  expect(row.reward.mean).toBeCloseTo(0.75, 12);
  expect(row.reward.n).toBe(2);
  // Only the first reaches it, half-way between steps 10 and 20.
  expect([LEVEL, row.stepsToLevel.n]).toEqual([0.8, 1]);
  expect(row.stepsToLevel.mean).toBeCloseTo(15, 12);
  expect(placesOf(runs, 'tokens').at(-1)).toBe(2000);
  expect(placesOf([], 'tokens')).toEqual([]);
});
