import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FIXTURES } from '../src/core/fixtures/index.ts';
import { LANES } from '../src/core/lanes.ts';
import { HEADLINE, loadMethod, METHODS } from '../src/core/methods/index.ts';
import { requirementsOf } from '../src/core/compose.ts';
import { BASE_KNOBS } from '../src/core/stages/knobs.ts';
import { composeMethod, creditBatch, defaultKnobs, knobsOf } from '../src/core/pipeline.ts';
import type { Lane, Method } from '../src/core/stages/types.ts';
import { furnish, seededBatch, withUpdates } from '../src/core/testBatch.ts';
import { knobTable } from './support/knobTable.ts';

/** Adding a method = one file, one registry line, one fixture, one docs page: this says what is missing. */
const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');

const HEADINGS = ['What it changes', 'Equations', 'Knobs', 'Paper against code', 'Fixtures', 'Invariants tested', 'Source'];

function sources(folder: string): string[] {
  return readdirSync(`${root}/${folder}`, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? sources(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
  );
}

/** Every trace name, `knob:` or result that a formula reads. */
function termsOf(method: Method): string[] {
  return method.explain.flatMap(({ result, template, when }) => [
    result.trace,
    ...(when ? [when.trace] : []),
    ...[...template.matchAll(/\[\[([^|\]]+)\|/g)].map((match) => match[1]),
  ]);
}

describe.each(METHODS.map(({ id }) => id))('%s', (id) => {
  it('has its file, its fixture with an adapter, and its registry line says what the file says', async () => {
    const { meta } = await loadMethod(id);
    const entry = METHODS.find((line) => line.id === id);
    expect({ id: meta.id, title: meta.title, family: meta.family }).toEqual({ id, title: entry?.title, family: entry?.family });
    expect(existsSync(`${root}/src/core/methods/${id}.ts`)).toBe(true);
    if (meta.status === 'ours') return expect(id in FIXTURES).toBe(false);
    expect(existsSync(`${root}/tests/fixtures/${id}.json`)).toBe(true);
    expect((await FIXTURES[id]()).id).toBe(id);
  });
  it('has a docs page with the fixed headings and its knobs as they are', async () => {
    const page = read(`docs/methods/${id}.md`);
    expect([...page.matchAll(/^## (.+)$/gm)].map((match) => match[1])).toEqual(HEADINGS);
    for (const row of knobTable(await loadMethod(id))) expect(page).toContain(row);
    expect(page.match(/^\| (sampling|reward|advantage|loss|regulariser) \|/gm)).toHaveLength(knobsOf(await loadMethod(id)).length);
  });
  it('says who, when, what changes and where the equations come from', async () => {
    const { meta } = await loadMethod(id);
    for (const text of [meta.fullName, meta.paper.authors, meta.source]) expect(text.length).toBeGreaterThan(3);
    expect(meta.changes).toMatch(/^[A-Z].*\.$/);
    if (meta.status === 'ours') return expect(meta.paper).toMatchObject({ arxiv: null, venue: 'this lab’s own, no paper' });
    expect(meta.source).toMatch(/@[0-9a-f]{7}/);
    expect(meta.paper.arxiv === null ? meta.paper.venue : meta.paper.arxiv).toMatch(/\d/);
    const page = read(`docs/methods/${id}.md`).replaceAll(/\s+/g, ' ');
    expect(page).toContain(meta.paper.arxiv ?? String(meta.paper.year));
    expect(page).toContain(`, *${meta.paper.title}*, `);
  });
  it('explains every knob, with a default in its range', async () => {
    for (const knob of knobsOf(await loadMethod(id))) {
      expect(knob.meaning, knob.id).toMatch(/^[A-Z].*\.$/);
      expect(knob.label.length * knob.symbol.length, knob.id).toBeGreaterThan(0);
      const isStop = knob.special?.value === knob.default;
      expect(isStop || (knob.default >= knob.min && knob.default <= knob.max), knob.id).toBe(true);
      if (knob.paper) expect(knob.paper.source.length, knob.id).toBeGreaterThan(2);
      if (knob.paper && knob.paper.value !== knob.special?.value)
        expect(knob.paper.value >= knob.min && knob.paper.value <= knob.max, knob.id).toBe(true);
      if (knob.options)
        expect([knob.min, knob.max, knob.options.every((label) => label.length > 0)], knob.id).toEqual([0, knob.options.length - 1, true]);
      if (knob.scale === 'log') expect(knob.min, knob.id).toBeGreaterThan(0);
    }
  });
  it('describes every lane, and each has numbers', async () => {
    const method = await loadMethod(id);
    const result = creditBatch(withUpdates(furnish(seededBatch(2, 4, 4))), composeMethod(method), defaultKnobs(method));
    for (const lane of method.lanes as Lane[]) {
      expect(lane.label.length, lane.id).toBeGreaterThan(0);
      expect(lane.meaning, lane.id).toMatch(/^\S.{9,}\.$/);
      expect(lane.unit, `${lane.id}: a pure number says "none"`).not.toBe('');
      expect(result.trace[lane.trace], lane.trace).toBeDefined();
      if (lane.kind === 'categorical') {
        expect(lane.domain, lane.id).toEqual([0, (lane.categories?.length ?? 0) - 1]);
        // Five greys can be told apart side by side, more cannot.
        expect(lane.categories?.length, lane.id).toBeLessThanOrEqual(5);
      } else if (lane.domain !== 'auto') {
        expect(lane.domain[0], lane.id).toBeLessThan(lane.domain[1]);
        if (lane.kind === 'diverging') expect(lane.domain[0] + lane.domain[1], lane.id).toBeCloseTo(2 * (lane.centre ?? 0), 9);
      }
    }
    const ids = [...LANES, ...method.lanes].map((lane) => lane.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
  it('has every term of its formulas in the trace, and every stage that it overrides lit', async () => {
    const method = await loadMethod(id);
    const known = new Set<string>();
    // A term may be traced at one option of a choice only; what an option requires of the batch is not there.
    const choices = knobsOf(method).flatMap((knob) =>
      (knob.options ?? []).flatMap((_, value) =>
        requirementsOf(knob).some(({ equals }) => equals === value) ? [] : [{ [knob.id]: value }],
      ),
    );
    const settings: Record<string, number>[] = [{}, { klCoef: 0.1 }, ...choices];
    for (const knobs of settings) {
      const all = { ...defaultKnobs(method), ...knobs };
      const { trace } = creditBatch(withUpdates(furnish(seededBatch(2, 4, 4))), composeMethod(method), all);
      for (const name of [...Object.keys(trace), ...Object.keys(all).map((knob) => `knob:${knob}`)]) known.add(name);
    }
    for (const term of termsOf(method)) expect(known.has(term), term).toBe(true);
    expect(Object.keys(method.stages).length).toBeGreaterThan(0);
    expect(Object.keys(composeMethod(method).suppliers).filter((stage) => composeMethod(method).suppliers[stage as 'loss'] === id)).toEqual(
      ['sampling', 'reward', 'advantage', 'loss', 'regulariser'].filter((stage) => stage in method.stages),
    );
  });
  it('has its id nowhere else in the source', () => {
    const quoted = new RegExp(`['"\`]${id}['"\`]`);
    const allowed = new RegExp(`^src/(content/|core/fixtures/|core/methods/(${id}|index)\\.ts)|\\.test\\.tsx?$`);
    // Where a knob has a method's name (DelTA, and the δ that caps a ratio), methods and stages name the knob.
    const isKnob = BASE_KNOBS.some((knob) => knob.id === id);
    const mayName = (path: string) => allowed.test(path) || (isKnob && /^src\/core\/(methods|stages)\//.test(path));
    const elsewhere = sources('src').filter((path) => /\.tsx?$/.test(path) && !mayName(path) && quoted.test(read(path)));
    expect(elsewhere).toEqual([]);
  });
});

it('gives every common lane a unit and a sentence', () => {
  for (const { id, unit, meaning } of LANES) {
    expect(unit, id).not.toBe('');
    expect(meaning, id).toMatch(/^[A-Z].*\.$/);
  }
});

it('knows no method by another name, and says which it knows', async () => {
  await expect(loadMethod('nobody')).rejects.toThrow(
    `There is no method "nobody". Known methods: ${METHODS.map(({ id }) => id).join(', ')}.`,
  );
  expect(HEADLINE).toEqual(['grpo', 'tempo', 'hapo', 'true-advantage']);
});
