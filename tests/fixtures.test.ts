import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FIXTURES, runFixture } from '../src/core/fixtures/index.ts';

/** Every number that the authors' own functions gave, against ours: |difference| ≤ tolerance · max(1, |expected|). */
interface FixtureFile {
  method: string;
  cases: { name: string; expected: Record<string, unknown>; tolerance: number }[];
}

const folder = new URL('./fixtures/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

/** Compares nested lists and tables of numbers, words and flags; shapes must be equal too. Returns how many numbers were compared. */
function compare(actual: unknown, expected: unknown, tolerance: number, path: string): number {
  if (Array.isArray(expected)) {
    expect(Array.isArray(actual), `${path} is a list`).toBe(true);
    expect((actual as unknown[]).length, `${path}.length`).toBe(expected.length);
    return expected.reduce((n: number, entry, i) => n + compare((actual as unknown[])[i], entry, tolerance, `${path}[${i}]`), 0);
  }
  if (typeof expected === 'object' && expected !== null) {
    expect(Object.keys(actual as object).sort(), `${path}: names`).toEqual(Object.keys(expected).sort());
    return Object.entries(expected).reduce(
      (n, [name, entry]) => n + compare((actual as Record<string, unknown>)[name], entry, tolerance, `${path}.${name}`),
      0,
    );
  }
  if (typeof expected !== 'number') {
    expect(actual, path).toBe(expected);
    return 1;
  }
  expect(typeof actual, path).toBe('number');
  const difference = Math.abs((actual as number) - (expected as number));
  if (!(difference <= tolerance * Math.max(1, Math.abs(expected as number)))) expect(actual, path).toBe(expected);
  return 1;
}

describe('fixtures computed by the authors’ own code', () => {
  it('has an adapter for each file and a file for each adapter', () => {
    expect(files.map((name) => name.replace('.json', '')).sort()).toEqual(Object.keys(FIXTURES).sort());
  });

  for (const name of files) {
    const file = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as FixtureFile;
    it.each(file.cases.map((entry, k) => [entry.name, k] as const))(`${file.method}: %s`, async (_name, k) => {
      const adapter = await FIXTURES[file.method]();
      const entry = file.cases[k];
      const [{ result }] = runFixture(adapter, { cases: [entry] });
      let compared = 0;
      for (const [field, expected] of Object.entries(entry.expected)) compared += compare(result[field], expected, entry.tolerance, field);
      expect(compared).toBeGreaterThan(0);
    });
    it.each(file.cases.map((entry, k) => [entry.name, k] as const))(
      `${file.method}: %s, without the expected numbers`,
      async (_name, k) => {
        const adapter = await FIXTURES[file.method]();
        const { expected, ...input } = file.cases[k];
        const [{ result }] = runFixture(adapter, { cases: [input] });
        for (const field of Object.keys(expected)) expect(result[field], field).toBeDefined();
      },
    );
  }
});
