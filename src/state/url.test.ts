import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLink, encodeLink } from './url.ts';
import { EMBEDS, PANELS, PARTS, WORKSPACES } from './types.ts';
import type { RunSegment } from './schedule.ts';
import type { LinkState } from './url.ts';
import type { Compare, CompareSide, Mix } from './types.ts';

const defaults: LinkState = {
  taskId: 'sums',
  checkpointId: 'base',
  seed: 'lecture-1',
  step: null,
  schedule: [],
  group: null,
  viewMethod: 'flat',
  trainMethod: 'flat',
  overrides: {},
  mix: {},
  trainMix: {},
  compare: null,
  workspace: 'lab',
  rowOrder: 'reward',
  lanes: ['entropy', 'value'],
  creditLane: 'credit',
  update: 'last',
  layout: 'matrix',
  pin: null,
  theme: 'auto',
  lesson: null,
  lecture: false,
  panels: [],
  hide: [],
  embed: null,
};
const known = { tasks: ['sums', 'count'], methods: ['flat', 'branchy'] };

describe('links', () => {
  it('write nothing for the defaults', () => {
    expect(encodeLink(defaults, defaults)).toBe('');
    expect(decodeLink('', defaults, known)).toEqual({ state: defaults, problems: [] });
  });

  it('write what differs, with a version, readable by a person', () => {
    const state: LinkState = {
      ...defaults,
      taskId: 'count',
      viewMethod: 'branchy',
      seed: 'a+b c&d',
      group: 2,
      overrides: { clipLow: 0.1, cap: Infinity },
      mix: { loss: 'flat' },
      lanes: ['entropy', 'ratio'],
      update: 2,
      pin: { group: 2, response: 4, position: 5 },
      layout: 'tree',
      step: 40,
    };
    const hash = encodeLink(state, defaults);
    expect(hash).toBe(
      'v=2&task=count&seed=a%2Bb%20c%26d&step=40&prompt=3&method=branchy&k.cap=Infinity&k.clipLow=0.1&mix.loss=flat&lanes=entropy,ratio&update=2&layout=tree&pin=3.5.6',
    );
    expect(decodeLink(`#${hash}`, defaults, known)).toEqual({ state, problems: [] });
  });

  it('come back the same for any state', () => {
    const states = fc.record<LinkState>({
      taskId: fc.constantFrom(...known.tasks),
      checkpointId: fc.constantFrom('base', 'step-20'),
      seed: fc.string({ maxLength: 20 }),
      step: fc.option(fc.integer({ min: 1, max: 9999 })),
      schedule: fc.constantFrom<(readonly RunSegment[])[]>(
        [],
        [
          { until: 3, trainMethod: 'flat', overrides: { clipLow: 0.1, cap: Infinity }, trainMix: { loss: 'branchy' as const } },
          { until: 12, trainMethod: 'branchy', overrides: {}, trainMix: {} },
        ],
      ),
      group: fc.option(fc.nat(15)),
      viewMethod: fc.constantFrom(...known.methods),
      trainMethod: fc.constantFrom(...known.methods),
      overrides: fc.dictionary(
        fc.constantFrom('clipLow', 'beta', 'cap'),
        fc.double({ noNaN: true }).map((x) => x + 0),
      ),
      mix: fc.constantFrom({}, { loss: 'branchy' }, { advantage: 'flat', reward: 'branchy' }),
      trainMix: fc.constantFrom<Mix[]>({}, { loss: 'branchy' }),
      compare: fc.option(
        fc.record<Compare>({
          side: fc.constantFrom<CompareSide[]>(
            { checkpoint: 'step-20' },
            { method: 'flat', mix: {}, overrides: null },
            { method: 'branchy', mix: { loss: 'flat' }, overrides: {} },
            { method: 'branchy', mix: {}, overrides: { clipLow: 0.1, cap: Infinity } },
          ),
          lane: fc.constantFrom(null, 'entropy'),
          differenceOnly: fc.boolean(),
        }),
      ),
      workspace: fc.constantFrom(...WORKSPACES),
      rowOrder: fc.constantFrom('sampled' as const, 'reward' as const, 'trie' as const),
      lanes: fc.constantFrom(['entropy', 'value'], [], ['td']),
      creditLane: fc.constantFrom('credit' as const, 'advantage' as const),
      update: fc.constantFrom('last' as const, 1, 4),
      layout: fc.constantFrom('matrix' as const, 'tree' as const, 'branches' as const),
      pin: fc.option(fc.record({ group: fc.nat(9), response: fc.nat(9), position: fc.nat(9) })),
      theme: fc.constantFrom('auto' as const, 'light' as const, 'dark' as const),
      lesson: fc.constantFrom(null, { id: 'ratio-and-clip', page: 2 }),
      lecture: fc.boolean(),
      panels: fc.subarray([...PANELS]),
      hide: fc.subarray([...PARTS]),
      embed: fc.constantFrom(null, ...EMBEDS),
    });
    fc.assert(
      fc.property(states, (state) => {
        const back = decodeLink(encodeLink(state, defaults), defaults, known);
        expect(back.problems).toEqual([]);
        expect({ ...back.state, overrides: { ...back.state.overrides } }).toEqual({ ...state, overrides: { ...state.overrides } });
      }),
      { numRuns: 200 },
    );
  });

  it('name what they cannot read, and keep the rest', () => {
    const { state, problems } = decodeLink(
      '#v=2&method=nope&seed=s2&rows=sideways&pin=1.x.3&k.clipLow=abc&prompt=-4&zebra=1',
      defaults,
      known,
    );
    expect(state).toEqual({ ...defaults, seed: 's2' });
    expect(problems).toEqual([
      'method "nope" is not known (there is flat, branchy).',
      'rows "sideways" is not known (there is sampled, reward, trie).',
      'pin "1.x.3" is not prompt.response.position, e.g. 1.5.6.',
      'clipLow "abc" is not a number.',
      'prompt "-4" is not a positive whole number.',
      '"zebra" means nothing here.',
    ]);
  });

  it('say which lanes the user chose, and nothing where the method chooses', () => {
    const open = { ...defaults, lanes: null };
    expect(encodeLink({ ...open, layout: 'branches' }, open)).toBe('v=2&layout=branches');
    expect(encodeLink({ ...open, lanes: [] }, open)).toBe('v=2&lanes=');
    expect(decodeLink('v=2&lanes=', open, known).state.lanes).toEqual([]);
  });

  it('say what is compared with what, readable by a person', () => {
    const method: LinkState = {
      ...defaults,
      compare: { side: { method: 'branchy', mix: { loss: 'flat' }, overrides: { clipLow: 0.1 } }, lane: 'entropy', differenceOnly: true },
    };
    const hash = 'v=2&vs=branchy&vs.mix.loss=flat&vs.knobs=own&vs.k.clipLow=0.1&vs.lane=entropy&vs.only=1';
    expect(encodeLink(method, defaults)).toBe(hash);
    expect(decodeLink(hash, defaults, known)).toEqual({ state: method, problems: [] });
    const checkpoint: LinkState = { ...defaults, compare: { side: { checkpoint: 'step-60' }, lane: null, differenceOnly: false } };
    expect(encodeLink(checkpoint, defaults)).toBe('v=2&vs.checkpoint=step-60');
    expect(decodeLink('v=2&vs.checkpoint=step-60', defaults, known).state).toEqual(checkpoint);
  });

  it('compare nothing where they do not say with what', () => {
    expect(decodeLink('v=2&vs=nope&vs.k.clipLow=x', defaults, known)).toEqual({
      state: defaults,
      problems: ['vs "nope" is not known (there is flat, branchy).', '"vs.k.clipLow" means nothing here.'],
    });
  });

  it('say what training takes from other methods; in version 1 it took what the view took', () => {
    const state: LinkState = { ...defaults, trainMix: { advantage: 'branchy' } };
    expect(encodeLink(state, defaults)).toBe('v=2&train.advantage=branchy');
    expect(decodeLink('v=2&train.advantage=branchy', defaults, known)).toEqual({ state, problems: [] });
    expect(decodeLink('v=1&mix.advantage=branchy', defaults, known).state).toEqual({ ...state, mix: state.trainMix, panels: ['shelf'] });
  });

  it('say when they are of another version, and are read as far as they go', () => {
    expect(decodeLink('v=9&seed=x', defaults, known)).toEqual({
      state: { ...defaults, seed: 'x' },
      problems: ['The link is of version 9, this page reads version 2.'],
    });
  });

  it('of version 1 are rewritten', () => {
    expect(decodeLink('v=1&tree=1&seed=x', defaults, known)).toEqual({ state: { ...defaults, seed: 'x', layout: 'tree' }, problems: [] });
    expect(decodeLink('v=1&tree=branches', defaults, known).state.layout).toBe('branches');
    expect(decodeLink('v=1&k.clipLow=0.1', defaults, known).state).toEqual({ ...defaults, overrides: { clipLow: 0.1 }, panels: ['shelf'] });
  });

  it('that are damaged never throw, and say little', () => {
    const pieces = fc.constantFrom(
      'v=2',
      'v=1',
      'method=',
      'k.',
      'mix.loss=',
      '&',
      '=',
      '%',
      '%E0%A4%A',
      '__proto__',
      'pin=1.2',
      'constructor=1',
    );
    const damaged = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.array(pieces, { maxLength: 30 }).map((all) => all.join('&')),
    );
    const valid = fc
      .tuple(
        fc.constant(encodeLink({ ...defaults, viewMethod: 'branchy', step: 40, overrides: { clipLow: 0.1 } }, defaults)),
        fc.nat(60),
        fc.string(),
      )
      .map(([hash, at, junk]) => hash.slice(0, at) + junk + hash.slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(damaged, valid), (hash) => {
        const { state, problems } = decodeLink(hash, defaults, known);
        // What was read is a state that a link can say: it comes back the same.
        const again = decodeLink(encodeLink(state, defaults), defaults, known);
        const isKnown = known.methods.includes(state.viewMethod) && known.tasks.includes(state.taskId);
        const isShort = problems.length <= 6 && problems.join(' ').length < 1000;
        return isKnown && isShort && again.problems.length === 0 && isDeepStrictEqual(again.state, state);
      }),
      { numRuns: 1000 },
    );
  });
});
