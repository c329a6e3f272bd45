import { describe, expect, it } from 'vitest';
import { batchFromJson } from './batchJson.ts';
import { batchToJson } from './batchToJson.ts';
import { seededBatch, withUpdates } from './testBatch.ts';

const response = { tokens: [1, 2], reward: 1, oldLogprobs: [-1, -2] };
const group = { promptTokens: [3], responses: [response, { ...response, reward: 0 }] };

describe('reading a batch', () => {
  it('reads a bare group, {group} and {groups} alike', () => {
    const bare = batchFromJson(group);
    expect(batchFromJson({ group })).toEqual(bare);
    expect(batchFromJson({ groups: [group] })).toEqual(bare);
    expect(bare.groups).toEqual([{ prompt: [3], start: 0, end: 2 }]);
    expect(bare.responses[1]).toEqual({ group: 0, start: 2, end: 4, reward: 0 });
    expect([...bare.fields.oldLogprobs!]).toEqual([-1, -2, -1, -2]);
    expect(bare.baseTemperature).toBe(1);
  });
  it('reads the place in the random streams, whose seed is a hash of 32 bits', () => {
    expect(batchFromJson({ groups: [group], draw: { seed: 0xfbf4deea, step: 20 } }).draw).toEqual({ seed: 0xfbf4deea, step: 20 });
    expect(() => batchFromJson({ groups: [group], draw: { seed: 2 ** 32, step: 20 } })).toThrow('draw.seed is 4294967296');
  });
  it('keeps every optional part', () => {
    const spans = [
      { kind: 'step', start: 0, end: 2, label: 'a', correct: false, adopted: true },
      { kind: 'turn', start: 0, end: 1, label: '', parts: [0, 1] },
    ];
    const full = { ...response, accuracy: 0.5, parts: [1, 0], role: 'chosen', spans, truncated: true, edited: true, source: [0, 2] };
    const batch = batchFromJson({
      promptTokens: [],
      referenceAnswer: [5],
      greedyReward: 0.4,
      effort: 2,
      responses: [full],
      baseTemperature: 0.7,
    });
    expect(batch.responses[0]).toMatchObject({ accuracy: 0.5, parts: [1, 0], role: 'chosen', spans, truncated: true, edited: true });
    expect(batch.groups[0]).toMatchObject({ referenceAnswer: [5], greedyReward: 0.4, effort: 2 });
    expect([...batch.source!]).toEqual([0, 2]);
    expect(batch.baseTemperature).toBe(0.7);
  });
  it('reads `acc` as the raw accuracy', () => {
    expect(batchFromJson({ responses: [{ ...response, acc: 0 }] }).responses[0].accuracy).toBe(0);
  });
  it('keeps what is unknown of a token, and takes it nowhere else', () => {
    const importance = Float64Array.of(0.5, NaN, 0, NaN);
    const batch = batchFromJson(group);
    const known = { ...batch, fields: { ...batch.fields, importance } };
    expect(batchFromJson(JSON.parse(JSON.stringify(batchToJson(known)))).fields.importance).toEqual(importance);
    const asked = (field: string, value: unknown) => () => batchFromJson({ responses: [{ ...response, [field]: [value, 0] }] });
    expect(asked('oldLogprobs', 'NaN')).toThrow('responses[0].oldLogprobs[0] is "NaN", a number is wanted');
    expect(asked('importance', 'Infinity')).toThrow('a number is wanted');
    expect(asked('importance', -1)).toThrow('responses[0].importance[0] is -1, an importance is at least 0');
  });
  it('comes back from its own JSON text, updates and infinite knobs included', () => {
    const batch = {
      ...withUpdates(seededBatch(2, 2, 3)),
      trainedWith: { method: 'x', knobs: { clipC: Infinity }, state: { median: 1, list: [1, 2] } },
      snapshots: { before: 'a' },
      source: new Uint8Array(12).fill(2, 0, 1),
    };
    const back = batchFromJson(JSON.parse(JSON.stringify(batchToJson(batch))));
    expect({ ...back, logits: null }).toEqual({ ...batch, logits: null });
    expect([...back.logits!.data]).toEqual([...batch.logits!.data]);
  });
});

describe('errors name the field', () => {
  const broken: [string, unknown, string][] = [
    ['no responses', {}, 'responses is missing, a list is wanted'],
    ['empty responses', { responses: [] }, 'responses is empty, at least one response is wanted'],
    ['no groups', { groups: [] }, 'groups is empty, at least one group is wanted'],
    ['a list', [], 'input is a list, an object is wanted'],
    [
      'a response that is null',
      { responses: [null] },
      'responses[0] is null (NaN and infinities are not numbers in JSON), an object is wanted',
    ],
    ['no tokens', { responses: [{ reward: 1 }] }, 'responses[0].tokens is missing, a list is wanted'],
    ['empty tokens', { responses: [{ tokens: [], reward: 1 }] }, 'responses[0].tokens is empty, at least one token is wanted'],
    [
      'a fractional token',
      { responses: [{ tokens: [1.5], reward: 1 }] },
      'responses[0].tokens[0] is 1.5, an integer of at least 0 is wanted',
    ],
    ['a negative token', { responses: [{ tokens: [-1], reward: 1 }] }, 'responses[0].tokens[0] is -1, an integer of at least 0 is wanted'],
    ['no reward', { group: { responses: [{ tokens: [1] }] } }, 'group.responses[0].reward is missing, a number is wanted'],
    ['a reward in words', { responses: [{ tokens: [1], reward: 'good' }] }, 'responses[0].reward is "good", a number is wanted'],
    [
      'an infinite reward',
      { responses: [{ tokens: [1], reward: Infinity }] },
      'responses[0].reward is Infinity, a finite number is wanted',
    ],
    [
      'a short list',
      { groups: [group, { responses: [{ ...response, oldLogprobs: [-1] }] }] },
      'groups[1].responses[0].oldLogprobs has 1 entries, tokens has 2',
    ],
    [
      'a null log-prob',
      { responses: [{ ...response, oldLogprobs: [-1, null] }] },
      'responses[0].oldLogprobs[1] is null (NaN and infinities are not numbers in JSON), a number is wanted',
    ],
    [
      'a positive log-prob',
      { responses: [{ ...response, oldLogprobs: [-1, 0.5] }] },
      'responses[0].oldLogprobs[1] is 0.5, a log-probability is at most 0',
    ],
    [
      'a negative entropy',
      { responses: [{ ...response, entropies: [1, -0.1] }] },
      'responses[0].entropies[1] is -0.1, an entropy is at least 0',
    ],
    [
      'a temperature of 0',
      { responses: [{ ...response, temperature: [1, 0] }] },
      'responses[0].temperature[1] is 0, a temperature is above 0',
    ],
    ['a base temperature of 0', { ...group, baseTemperature: 0 }, 'baseTemperature is 0, a number above 0 is wanted'],
    [
      'a field on the first only',
      { responses: [{ ...response, entropies: [1, 1] }, response] },
      'responses[1].entropies is missing, while the responses before have it',
    ],
    [
      'a field on the second only',
      { responses: [response, { ...response, entropies: [1, 1] }] },
      'responses[0].entropies is missing, while responses[1] has it',
    ],
    ['logits on some', { responses: [response, { ...response, logits: [[1], [2]] }] }, 'logits is given for some responses only'],
    [
      'ragged logits',
      { responses: [{ ...response, logits: [[1], [2, 3]] }] },
      'responses[0].logits[1] has 2 numbers, the rows before have 1',
    ],
    [
      'an unknown role',
      { responses: [{ ...response, role: 'best' }] },
      'responses[0].role is "best", one of chosen, rejected, reference is wanted',
    ],
    [
      'a span past the end',
      { responses: [{ ...response, spans: [{ kind: 'step', start: 1, end: 3 }] }] },
      'responses[0].spans[0] runs from 1 to 3, the response has 2 tokens',
    ],
    [
      'a step that is adopted in words',
      { responses: [{ ...response, spans: [{ kind: 'step', start: 0, end: 1, adopted: 'yes' }] }] },
      'responses[0].spans[0].adopted is "yes", true or false is wanted',
    ],
    [
      'results of a turn that are no numbers',
      { responses: [{ ...response, spans: [{ kind: 'turn', start: 0, end: 1, parts: [true] }] }] },
      'responses[0].spans[0].parts[0] is true, a number is wanted',
    ],
    [
      'an update of no group',
      { ...group, updates: [{ groups: [4] }] },
      'updates[0].groups[0] is 4, ascending indices of groups are wanted',
    ],
    [
      'a short update',
      { ...group, updates: [{ epoch: 0, minibatch: 0, groups: [0], logprobs: [-1] }] },
      'updates[0].logprobs has 1 entries, its groups have 4 tokens',
    ],
    ['a flag in words', { responses: [{ ...response, truncated: 'no' }] }, 'responses[0].truncated is "no", true or false is wanted'],
    ['a prompt of words', { ...group, promptTokens: 'abc' }, 'promptTokens is "abc", a list is wanted'],
  ];
  it.each(broken)('%s', (_name, input, message) => {
    expect(() => batchFromJson(input)).toThrow(new RegExp(`^${message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`));
  });
});
