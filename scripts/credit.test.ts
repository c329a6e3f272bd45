import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandResult } from './creditCommand.ts';
import { runCredit } from './creditCommand.ts';

const SCRIPT = fileURLToPath(new URL('./credit.ts', import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'credit-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The command as a user runs it: a process with arguments, its two streams and its exit status. */
function runScript(...argv: string[]): Promise<CommandResult> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', SCRIPT, ...argv], { maxBuffer: 1e8 }, (error, stdout, stderr) => {
      resolve({ status: error ? (Number(error.code) as 2) : 0, stdout, stderr });
    });
  });
}

/** The same without a process, which takes a second each. */
const run = (...argv: string[]) => runCredit(argv);

/** Writes an input file and returns its path. */
function file(content: unknown): string {
  const path = join(folder, 'input.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const right = { tokens: [1, 2], reward: 1, oldLogprobs: [-1, -1], entropies: [0.5, 1] };
const wrong = { tokens: [1, 3], reward: 0, oldLogprobs: [-1, -2], entropies: [0.5, 0.2] };
const group = { promptTokens: [9], responses: [right, wrong] };
const withResponse = (change: Record<string, unknown>) => ({ ...group, responses: [right, { ...wrong, ...change }] });

describe('a fixture-shaped file', () => {
  const tempo = JSON.parse(readFileSync(new URL('../tests/fixtures/tempo.json', import.meta.url), 'utf8'));
  it('gives each case by name, with the names of its expected numbers', async () => {
    const { status, stdout, stderr } = await runScript('--input', fileURLToPath(new URL('../tests/fixtures/tempo.json', import.meta.url)));
    expect([status, stderr]).toEqual([0, '']);
    const output = JSON.parse(stdout);
    expect(output.method).toBe('tempo');
    expect(output.cases.map((entry: { name: string }) => entry.name)).toEqual(tempo.cases.map((entry: { name: string }) => entry.name));
    const [{ result }] = output.cases;
    for (const name of Object.keys(tempo.cases[0].expected)) expect(result[name], name).toBeDefined();
    expect(result.loss).toBeCloseTo(tempo.cases[0].expected.loss, 6);
  });
  it('takes another method than the file names, and knobs over its parameters', async () => {
    const path = file({ method: 'tempo', cases: [{ name: 'a', params: { normByStd: 1 }, group }] });
    const plain = JSON.parse((await run('--input', path)).stdout).cases[0].result.advantages;
    const off = JSON.parse((await run('--input', path, '--knob', 'normByStd=no')).stdout).cases[0].result.advantages;
    const other = JSON.parse((await run('--input', path, '--method', 'grpo', '--knob', 'normByStd=0')).stdout);
    expect(plain[0][1]).toBeCloseTo(1 / Math.SQRT1_2, 5);
    expect(off).toEqual([
      [0.5, 1],
      [-0.5, -1],
    ]);
    expect(other).toMatchObject({
      method: 'grpo',
      cases: [
        {
          result: {
            advantages: [
              [0.5, 0.5],
              [-0.5, -0.5],
            ],
          },
        },
      ],
    });
  });
  it('serves pieces without knobs', async () => {
    const path = file({
      method: 'loss-aggregation',
      cases: [{ name: 'a', group: { responses: [{ tokens: [1, 2], reward: 0, logprobs: [-1, -3] }] } }],
    });
    const { stdout } = await run('--input', path);
    expect(JSON.parse(stdout).cases[0].result).toMatchObject({
      'token-mean': 2,
      'token-sum': 4,
      'seq-mean-token-sum-norm@12:weight': [[1 / 12, 1 / 12]],
    });
  });
});

describe('rollouts', () => {
  it('gives every lane of a group, its advantages and its credit', async () => {
    const { status, stdout, stderr } = await run(
      '--input',
      file(group),
      '--method',
      'tempo',
      '--knob',
      'normByStd=0',
      'aggMode=token-mean',
    );
    expect([status, stderr]).toEqual([0, '']);
    const output = JSON.parse(stdout);
    expect(output).toMatchObject({
      method: 'tempo',
      droppedGroups: [],
      advantages: [
        [0.5, 1],
        [-0.5, -1],
      ],
      credit: [
        [0.5, 1],
        [-0.5, -1],
      ],
      lanes: {
        value: [
          [0.5, 1],
          [0.5, 0],
        ],
        td: [
          [0, 0.5],
          [0, -0.5],
        ],
        ratio: [
          [1, 1],
          [1, 1],
        ],
        branch: [
          [0, 1],
          [0, 1],
        ],
      },
    });
    expect(output.lanes.effect).toBeUndefined();
    expect(output.knobs).toMatchObject({ normByStd: 0, aggMode: 0, delta: 'Infinity' });
  });
  it('reads the method from the file, and a whole batch with null for what is dropped', async () => {
    const silent = { responses: [right, right] };
    const { stdout } = await run('--input', file({ method: 'dapo', groups: [silent, group] }), '--knob=clipC=off');
    const output = JSON.parse(stdout);
    expect(output.droppedGroups).toEqual([0]);
    expect(output.note).toBe('The method drops group 0: its responses are null where the update would say something.');
    expect(output.credit.slice(0, 2)).toEqual([null, null]);
    expect(output.credit[2][0]).toBeCloseTo(Math.SQRT1_2, 5);
    expect(output.knobs.clipC).toBe('Infinity');
  });
});

describe('a mistake is one line that names the file and the field, with status 2 and nothing on stdout', () => {
  const inCase = (entry: Record<string, unknown>, method = 'grpo') => ({
    method,
    cases: [
      { name: 'good', group },
      { name: 'bad', ...entry },
    ],
  });
  const mistakes: [string, () => string[], string][] = [
    ['no file', () => ['--input', join(folder, 'nothing.json')], 'nothing.json: cannot be read (ENOENT): check the path'],
    ['no JSON', () => ['--input', file('{"a": NaN}')], 'input.json: is not JSON: '],
    ['a list', () => ['--input', file([])], 'input.json: input is a list, an object is wanted'],
    ['no method', () => ['--input', file(group)], 'input.json: method is missing: give --method, one of reinforce, '],
    [
      'an unknown method',
      () => ['--input', file(group), '--method', 'ppo'],
      'input.json: method "ppo" is unknown for rollouts, one of reinforce, ',
    ],
    [
      'an unknown fixture',
      () => ['--input', file(inCase({ group }, 'ppo'))],
      'input.json: method "ppo" has no fixture, one of reinforce, ',
    ],
    [
      'an unknown knob',
      () => ['--input', file(group), '--method', 'grpo', '--knob', 'clip=1'],
      'input.json: knob clip is unknown to grpo, which has temperature, ',
    ],
    [
      'a knob out of range',
      () => ['--input', file(group), '--method', 'grpo', '--knob', 'clipLow=1.5'],
      'input.json: knob clipLow is "1.5", a number from 0.01 to 1 is wanted',
    ],
    [
      'a knob that is no number',
      () => ['--input', file(group), '--method', 'grpo', '--knob', 'clipC=NaN'],
      'knob clipC is "NaN", a number from 1.01 to 20 or Infinity is wanted',
    ],
    [
      'a knob without a value',
      () => ['--input', file(group), '--method', 'grpo', '--knob', 'clipC'],
      'input.json: knob "clipC" has no value, name=value is wanted',
    ],
    [
      'an unknown option of a knob',
      () => ['--input', file(group), '--method', 'grpo', '--knob', 'klType=k9'],
      'knob klType is "k9", one of k1, abs, k2, k3, k1+, k2+, k3+ is wanted',
    ],
    [
      'a fractional option',
      () => ['--input', file(group), '--method', 'grpo', '--knob', 'aggMode=0.5'],
      'knob aggMode is "0.5", one of token-mean, ',
    ],
    [
      'knobs for a piece',
      () => ['--input', file(inCase({ group }, 'kl-estimators')), '--knob', 'klCoef=1'],
      'kl-estimators is a piece without knobs, leave --knob out',
    ],
    [
      'a ragged list',
      () => ['--input', file(withResponse({ oldLogprobs: [-1] })), '--method', 'grpo'],
      'input.json: responses[1].oldLogprobs has 1 entries, tokens has 2',
    ],
    [
      'a null',
      () => ['--input', file(withResponse({ reward: null })), '--method', 'grpo'],
      'responses[1].reward is null (NaN and infinities are not numbers in JSON), a number is wanted',
    ],
    [
      'an infinite number',
      () => ['--input', file('{"responses":[{"tokens":[1],"reward":1e999}]}'), '--method', 'grpo'],
      'responses[0].reward is Infinity, a finite number is wanted',
    ],
    [
      'a negative entropy',
      () => ['--input', file(withResponse({ entropies: [1, -1] })), '--method', 'hapo'],
      'responses[1].entropies[1] is -1, an entropy is at least 0',
    ],
    [
      'a positive log-prob',
      () => ['--input', file(withResponse({ oldLogprobs: [1, -1] })), '--method', 'grpo'],
      'responses[1].oldLogprobs[0] is 1, a log-probability is at most 0',
    ],
    [
      'a missing need',
      () => ['--input', file({ group: { responses: [{ tokens: [1], reward: 1 }] } }), '--method', 'grpo'],
      'input.json: group.responses[0].oldLogprobs is missing, grpo needs it',
    ],
    [
      'a need of a knob',
      () => ['--input', file(group), '--method', 'grpo', '--knob', 'klCoef=0.1'],
      'input.json: responses[0].refLogprobs is missing, grpo needs it',
    ],
    [
      'a number that overflows',
      () => ['--input', file(withResponse({ logprobs: [-1, -1] })), '--method', 'tempo'],
      'responses[0].logprobs is missing, while responses[1] has it',
    ],
    [
      'a ratio that overflows',
      () => [
        '--input',
        file({
          responses: [
            { ...right, logprobs: [0, 0], oldLogprobs: [-999, -1] },
            { ...wrong, logprobs: [-1, -1] },
          ],
        }),
        '--method',
        'tempo',
      ],
      'came out as Infinity: the log-probs of this token are too far apart',
    ],
    ['a case without a group', () => ['--input', file(inCase({}))], 'input.json: case "bad": group is missing (or groups, for several)'],
    [
      'a parameter out of its options',
      () => ['--input', file(inCase({ group, params: { aggMode: 'mean' } }))],
      'input.json: case "bad": params.aggMode is "mean", one of token-mean, ',
    ],
    [
      'a field of a case',
      () => ['--input', file(inCase({ group: withResponse({ tokens: [] }) }))],
      'input.json: case "bad": group.responses[1].tokens is empty, at least one token is wanted',
    ],
    [
      'a need of a case',
      () => ['--input', file(inCase({ group, params: { klCoef: 0.1 } }))],
      'input.json: case "bad": refLogprobs is missing, grpo needs it',
    ],
    ['an unknown option', () => ['--input', file(group), '--methods', 'grpo'], '--methods is not an option; usage: '],
    ['an option without a value', () => ['--input'], '--input needs a value; usage: '],
    [
      'no option at all',
      () => [],
      '--input is missing; usage: npm run --silent credit -- --input <file.json> [--method <id>] [--knob name=value ...]',
    ],
  ];
  it.each(mistakes)('%s', async (_name, argv, message) => {
    const { status, stdout, stderr } = await run(...argv());
    expect(stderr).toContain(message);
    expect([status, stdout, stderr.trim().split('\n').length]).toEqual([2, '', 1]);
  });
  it('in the process too', async () => {
    const { status, stdout, stderr } = await runScript('--input', file(withResponse({ reward: null })), '--method', 'grpo');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/input\.json: responses\[1\]\.reward is null .*\n$/);
  });
});
