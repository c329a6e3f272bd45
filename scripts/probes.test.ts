import { describe, expect, it } from 'vitest';
import { HEADLINE, loadMethod } from '../src/core/methods/index.ts';
import { claimRows } from './claimsTable.ts';
import { probesAsked, readClaims } from './claims.ts';
import type { Claim } from './claims.ts';
import { openHeadlessLab } from './headlessRun.ts';
import { isProbe, PROBE_LABELS, readProbe } from './probeCells.ts';
import { creditAt, watch } from './probeRun.ts';
import { halfOf, tiltGap } from './probeRuns.ts';
import { lackOf } from './resultCells.ts';

const claims = readClaims();
const lambdaClaim = claims.find(({ measure }) => measure?.figure === 'halfSpeed');
const lab = await openHeadlessLab('chain-sum');

describe('figures of single batches', () => {
  it('are each asked for by a claim', () => {
    const asked = new Set(probesAsked().map(({ figure }) => figure));
    expect([...asked].sort()).toEqual(Object.keys(PROBE_LABELS).sort());
  });

  it('are compared with a number or with another method, seed by seed', () => {
    const measure = claims.find(
      ({ measure }) => measure && isProbe(measure.figure) && typeof measure.against === 'number' && measure.against > 0,
    )?.measure;
    if (!measure || typeof measure.against !== 'number' || !isProbe(measure.figure)) throw new Error('No claim compares with a number.');
    const { figure, of, task = 'chain-sum' } = measure;
    const values = Object.values(readProbe({ figure, task, method: of.method, variant: '' })?.values ?? {});
    expect(values.length).toBeGreaterThan(1);
    const centre = values.reduce((a, b) => a + b, 0) / values.length;
    const claim: Claim = { method: of.method, claim: 'as kept', measure };
    const [row] = claimRows([claim], [{ id: of.method }]);
    expect(row.figure).toContain(`: ${centre < 0 ? '−' : ''}${Math.abs(centre).toFixed(3)} ±`);
    expect(row.figure).toContain(`claimed ${measure.expect === 'above' ? '>' : '<'} ${measure.against}`);
    expect(row.command).toBe(`--study probes --task ${task} --method ${of.method}`);
  });

  it('let either half of the tokens learn by λ, and the two halves are the whole', async () => {
    const method = await loadMethod(lambdaClaim?.method ?? '');
    const baseline = await loadMethod(HEADLINE[0]);
    const advantages = async (half: number): Promise<number[]> => {
      const found: number[] = [];
      const probed = { lab, method: halfOf(method, half, baseline), knobs: {}, seed: 'seed-1' };
      await watch(probed, { steps: 1 }, (seen) => found.push(...creditAt(seen.batch, seen.method).advantages));
      return found;
    };
    const [all, top, bottom] = [await advantages(0), await advantages(1), await advantages(-1)];
    expect(top.map((value, t) => value + bottom[t])).toEqual(all);
    const learning = (values: number[]) => values.filter((value) => value !== 0).length;
    expect(learning(top)).toBeGreaterThan(0);
    expect(learning(bottom)).toBeGreaterThan(0);
    expect(learning(top) + learning(bottom)).toBe(learning(all));
  });

  it('show that no batch moves the policy at a learning rate of 0', async () => {
    const method = await loadMethod(HEADLINE[0]);
    const weights = await watch({ lab, method, knobs: {}, seed: 'seed-1' }, { steps: 2, learningRate: 0 });
    expect(weights).toEqual(lab.base);
  });

  it('decoding by values never earns more than the optimum of its KL', async () => {
    const claim = claims.find(({ measure }) => measure?.figure === 'tiltGap');
    const method = await loadMethod(claim?.method ?? '');
    expect(await tiltGap({ lab, method, knobs: { valueBeta: 3 }, seed: 'a' })).toBeLessThan(0);
    expect(await tiltGap({ lab, method, knobs: { valueBeta: 0 }, seed: 'a' })).toBeCloseTo(0, 9);
  });
});

it('a lack is a finding, a fault is not', () => {
  expect(lackOf(new Error('The task has no reference answer.'))).toBe('The task has no reference answer.');
  expect(() => lackOf(new WebAssembly.RuntimeError('memory access out of bounds'))).toThrow('memory access out of bounds');
  expect(() => lackOf(new TypeError('x is undefined'))).toThrow('x is undefined');
});
