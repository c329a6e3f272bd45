import { expect, it } from 'vitest';
import { DASHES, lineOf, spreadLabels } from './lines.ts';

it('gives every one of the first eight a dash and a colour of its own, and every one of 64 the pair', () => {
  const lines = Array.from({ length: 64 }, (_, i) => lineOf(i));
  expect(new Set(lines.slice(0, 8).map(({ dash }) => dash)).size).toBe(DASHES.length);
  expect(new Set(lines.slice(0, 8).map(({ colour }) => colour)).size).toBe(8);
  expect(new Set(lines.map(({ dash, colour }) => `${dash} ${colour}`)).size).toBe(64);
});

it('keeps labels apart and on the plot', () => {
  expect(spreadLabels([50, 52, 10], 14, 100)).toEqual([50, 64, 10]);
  expect(spreadLabels([98, 99, 100], 14, 100)).toEqual([72, 86, 100]);
  expect(spreadLabels([], 14, 100)).toEqual([]);
});
