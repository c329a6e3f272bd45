import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JointGrid } from '../jointGrid.ts';
import { cellAt, cellsOf, lengthMiddles, readJoint } from '../jointGrid.ts';
import { log } from '../math.ts';
import { sum } from '../stats.ts';
import { jointCrossEntropy, teacherKl, topIndices } from './jointLoss.ts';

/** Rewards 0, ½, 1; remaining 0, 1, 2–3, 4–7. */
const GRID: JointGrid = { rewardValues: [0, 0.5, 1], rewardEdges: [0, 0.25, 0.75, 1], lengthEdges: [0, 1, 2, 4, 8] };
const CELLS = cellsOf(GRID);
const logits = (count: number) => fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: count, maxLength: count });
const rows = (count: number, width: number) => fc.array(logits(width), { minLength: count, maxLength: count });
const matrix = (values: number[][]) => ({ width: values[0].length, data: Float64Array.from(values.flat()) });

describe('the grid', () => {
  it('puts a reward and a remaining length into b·L + l', () => {
    expect(CELLS).toBe(12);
    expect(cellAt(GRID, 0, 0)).toBe(0);
    expect(cellAt(GRID, 0.24, 1)).toBe(1);
    expect(cellAt(GRID, 0.25, 3)).toBe(6);
    expect(cellAt(GRID, 1, 7)).toBe(11);
    expect(cellAt(GRID, 1, 400)).toBe(11);
    expect(cellAt(GRID, -1, 2)).toBe(2);
    expect(cellAt(GRID, 2, 0)).toBe(8);
    expect(lengthMiddles(GRID)).toEqual([0.5, 1.5, 3, 6]);
  });
  it('by hand: two cells of weight 3 and 1', () => {
    const row = Array.from({ length: CELLS }, () => -Infinity);
    [row[1], row[11]] = [0, -log(3)];
    const { joint, rewardMarginals, lengthMarginals, expectedReward, expectedRemaining, entropy } = readJoint(GRID, row);
    const near = (values: number[]) => values.map((x) => expect.closeTo(x, 12));
    expect([joint[1], joint[11]]).toEqual(near([0.75, 0.25]));
    expect([...rewardMarginals]).toEqual(near([0.75, 0, 0.25]));
    expect([...lengthMarginals]).toEqual(near([0, 0.75, 0, 0.25]));
    expect(expectedReward).toBeCloseTo(0.25, 12);
    expect(expectedRemaining).toBeCloseTo(0.75 * 1.5 + 0.25 * 6, 12);
    expect(entropy).toBeCloseTo(-(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25)), 14);
  });
  it('the joint and both marginals sum to 1, whatever constant is added to the logits', () => {
    fc.assert(
      fc.property(logits(CELLS), fc.double({ min: -50, max: 50, noNaN: true }), (row, shift) => {
        const read = readJoint(GRID, row);
        for (const part of [read.joint, read.rewardMarginals, read.lengthMarginals]) expect(sum(part)).toBeCloseTo(1, 12);
        const moved = readJoint(
          GRID,
          row.map((x) => x + shift),
        );
        read.joint.forEach((p, c) => expect(moved.joint[c]).toBeCloseTo(p, 10));
        expect(read.entropy).toBeLessThanOrEqual(Math.log(CELLS) + 1e-12);
      }),
    );
  });
});

describe('the cross-entropy of the joint', () => {
  it('by hand: equal logits cost log of the number of cells', () => {
    const { values, gradient } = jointCrossEntropy(GRID, { matrix: matrix([new Array(CELLS).fill(0.3)]), from: 0 }, Int32Array.of(4));
    expect(values[0]).toBeCloseTo(Math.log(12), 14);
    expect(gradient[4]).toBeCloseTo(1 / 12 - 1, 14);
    expect(gradient[0]).toBeCloseTo(1 / 12, 14);
  });
  it('has the gradient of finite differences, from the columns that it is given alone', () => {
    fc.assert(
      fc.property(rows(2, CELLS + 3), fc.array(fc.integer({ min: 0, max: CELLS - 1 }), { minLength: 2, maxLength: 2 }), (given, cells) => {
        const at = (values: number[][]) => sum(jointCrossEntropy(GRID, { matrix: matrix(values), from: 3 }, Int32Array.from(cells)).values);
        const { gradient } = jointCrossEntropy(GRID, { matrix: matrix(given), from: 3 }, Int32Array.from(cells));
        given.forEach((row, t) =>
          row.forEach((_, c) => {
            const moved = (d: number) => at(given.map((r, s) => r.map((x, k) => (s === t && k === c ? x + d : x))));
            expect((moved(1e-5) - moved(-1e-5)) / 2e-5).toBeCloseTo(c < 3 ? 0 : gradient[t * CELLS + c - 3], 6);
          }),
        );
      }),
      { numRuns: 20 },
    );
  });
});

describe('the KL to the frozen teacher', () => {
  it('is 0, with no gradient, where the student is the teacher and the teacher counts whole', () => {
    fc.assert(
      fc.property(rows(2, 5), fc.double({ min: 0.3, max: 2, noNaN: true }), (given, temperature) => {
        const { values, gradient } = teacherKl({ matrix: matrix(given), from: 0 }, matrix(given), 5, temperature);
        expect(values.every((kl) => Math.abs(kl) < 1e-12)).toBe(true);
        expect(gradient.every((g) => Math.abs(g) < 1e-12)).toBe(true);
      }),
    );
  });
  it('by hand: the teacher’s top token alone costs −log q of it', () => {
    const student = matrix([[0, 0, log(2), 9]]);
    const { values, gradient } = teacherKl({ matrix: student, from: 0 }, matrix([[1, 3, 2]]), 1, 1);
    expect(values[0]).toBeCloseTo(Math.log(4), 14);
    expect([...gradient]).toEqual([0.25, -0.75, 0.5].map((g) => expect.closeTo(g, 12)));
  });
  it('has the gradient of finite differences and never looks at the reserved columns', () => {
    fc.assert(
      fc.property(
        rows(2, 7),
        rows(2, 4),
        fc.integer({ min: 1, max: 4 }),
        fc.double({ min: 0.5, max: 2, noNaN: true }),
        (own, other, k, T) => {
          const at = (values: number[][]) => sum(teacherKl({ matrix: matrix(values), from: 0 }, matrix(other), k, T).values);
          const { gradient } = teacherKl({ matrix: matrix(own), from: 0 }, matrix(other), k, T);
          own.forEach((row, t) =>
            row.forEach((_, c) => {
              const moved = (d: number) => at(own.map((r, s) => r.map((x, i) => (s === t && i === c ? x + d : x))));
              expect((moved(1e-5) - moved(-1e-5)) / 2e-5).toBeCloseTo(c < 4 ? gradient[t * 4 + c] : 0, 6);
            }),
          );
        },
      ),
      { numRuns: 20 },
    );
  });
  it('takes the earlier of equal logits first', () => {
    expect(topIndices([9, 1, 3, 3, 2], 1, 4, 3)).toEqual([1, 2, 3]);
  });
});
