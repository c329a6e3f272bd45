import { describe, expect, it } from 'vitest';
import { composeMethod, creditBatch, defaultKnobs } from '../pipeline.ts';
import { delta } from '../methods/delta.ts';
import { grpo } from '../methods/grpo.ts';
import { batchOf, furnish, seededBatch } from '../testBatch.ts';
import { GRADIENT_PLANE, residualAxis } from './gradientPlane.ts';
import { GRADIENT_PROXY, gradientKernel } from './discriminativeWeight.ts';
import { outerKernel } from './gradientKernel.ts';

const credit = (batch: ReturnType<typeof batchOf>, changes: Record<string, number> = {}, method = delta) =>
  creditBatch(batch, composeMethod(method), { ...defaultKnobs(method), ...changes });

describe('the residual axis', () => {
  it('of points on a cross is the longer arm that is left', () => {
    // x runs along the first coordinate; of the other two the third varies more.
    const points = [
      [5, 0, 0],
      [-5, 0, 0],
      [0, 1, 0],
      [0, -1, 0],
      [0, 0, 3],
      [0, 0, -3],
    ];
    const kernel = outerKernel({ width: 1, data: new Float64Array(6).fill(1) }, { width: 3, data: Float64Array.from(points.flat()) });
    const y = residualAxis(
      kernel,
      Float64Array.from(points, ([first]) => first),
    );
    [0, 0, 0, 0, 3, -3].forEach((value, t) => expect(Math.abs(y[t])).toBeCloseTo(Math.abs(value), 9));
    expect(y[4]).toBeCloseTo(-y[5], 9);
    expect(Math.max(...y)).toBeCloseTo(3, 9);
  });
  it('is 0 where nothing is left', () => {
    const kernel = outerKernel({ width: 1, data: Float64Array.of(1, 1, 1) }, { width: 1, data: Float64Array.of(1, 2, 5) });
    expect([...residualAxis(kernel, Float64Array.of(1, 2, 5))]).toEqual([0, 0, 0]);
  });
});

describe.each(Object.values(GRADIENT_PROXY))('the plane with stand-in %s', (gradientProxy) => {
  const batch = furnish(seededBatch(2, 4, 4));
  const found = credit(batch, { gradientProxy });
  const plane = GRADIENT_PLANE.of(batch, found);
  if (!plane) throw new Error('no plane');
  it('has x the score of the discriminator, over the distance of the centres', () => {
    const [plus, minus] = plane.marks.filter(({ isBefore }) => !isBefore);
    expect(plus.x).toBeCloseTo(-minus.x, 9);
    expect(plus.x).toBeGreaterThan(0);
    const apart = plus.x - minus.x;
    plane.x.forEach((x, t) => expect(plane.side[t] * x * apart).toBeCloseTo(found.trace.score.values[t], 9));
  });
  it('keeps every distance within the plane below the whole one, and that of the centres', () => {
    const kernel = gradientKernel(batch, gradientProxy);
    for (let t = 0; t < plane.x.length; t++) {
      for (let s = 0; s < t; s++) {
        const whole = kernel.pair(t, t) - 2 * kernel.pair(t, s) + kernel.pair(s, s);
        const [dx, dy] = [plane.x[t] - plane.x[s], plane.y[t] - plane.y[s]];
        expect(dx * dx + dy * dy).toBeLessThanOrEqual(whole + 1e-9);
      }
    }
    const [plus, minus] = plane.marks.filter(({ isBefore }) => !isBefore);
    // The line between the refined centres is the x axis itself.
    expect(plus.y).toBeCloseTo(minus.y, 6);
  });
});

it('is none where another method gives the advantage, or there are no two places', () => {
  const batch = furnish(seededBatch(2, 4, 4));
  expect(GRADIENT_PLANE.of(batch, credit(batch, {}, grpo))).toBeNull();
  const equal = furnish(batchOf([{ tokens: [0], reward: 1 }], [{ tokens: [0], reward: 1 }]));
  expect(GRADIENT_PLANE.of(equal, credit(equal, { singletonZero: 1 }))).toBeNull();
});
