/** The `credit` command as a function: arguments in, output and exit status out. */
import { readFileSync } from 'node:fs';
import { batchFromJson } from '../src/core/batchJson.ts';
import { FIXTURES, runFixture } from '../src/core/fixtures/index.ts';
import type { JsonObject } from '../src/core/jsonReader.ts';
import { InputError, readObject } from '../src/core/jsonReader.ts';
import { loadMethod, METHODS } from '../src/core/methods/index.ts';
import { defaultKnobs, knobsOf, missingNeeds } from '../src/core/pipeline.ts';
import { creditReport } from '../src/core/report.ts';
import type { Knob, Method } from '../src/core/stages/types.ts';

const USAGE = 'usage: npm run --silent credit -- --input <file.json> [--method <id>] [--knob name=value ...]';

interface Arguments {
  input: string;
  method?: string;
  knobs: readonly string[];
}

function parseArguments(argv: readonly string[]): Arguments {
  const found: { input?: string; method?: string; knobs: string[] } = { knobs: [] };
  for (let i = 0; i < argv.length; ) {
    const [flag, inline] = argv[i].startsWith('--') && argv[i].includes('=') ? splitOnce(argv[i]) : [argv[i], undefined];
    i++;
    const values = inline === undefined ? [] : [inline];
    while (inline === undefined && i < argv.length && !argv[i].startsWith('--') && (flag === '--knob' || values.length === 0))
      values.push(argv[i++]);
    if (flag !== '--input' && flag !== '--method' && flag !== '--knob') throw new Error(`${flag} is not an option; ${USAGE}`);
    if (values.length === 0) throw new Error(`${flag} needs a value; ${USAGE}`);
    if (flag === '--knob') found.knobs.push(...values);
    else found[flag === '--input' ? 'input' : 'method'] = values[0];
  }
  if (found.input === undefined) throw new Error(`--input is missing; ${USAGE}`);
  return { ...found, input: found.input };
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}

/** A knob's value from text: a number, the label of an option, or the label or value of the end stop. */
function knobValue(knob: Knob, text: string): number {
  const option = knob.options?.findIndex((label) => label === text || label.split(' ')[0] === text) ?? -1;
  if (option >= 0) return option;
  const isOff = knob.special && ['off', 'inf', '∞', String(knob.special.value)].includes(text);
  if (knob.special && isOff) return knob.special.value;
  const value = text.trim() === '' ? NaN : Number(text);
  const isChoice = knob.options !== undefined;
  if (value >= knob.min && value <= knob.max && (!isChoice || Number.isInteger(value))) return value;
  const range = isChoice ? `one of ${knob.options?.join(', ')}` : `a number from ${knob.min} to ${knob.max}`;
  throw new Error(`knob ${knob.id} is "${text}", ${range}${knob.special ? ` or ${knob.special.value}` : ''} is wanted`);
}

function readKnobs(method: Method, texts: readonly string[]): Record<string, number> {
  const knobs = knobsOf(method);
  return Object.fromEntries(
    texts.map((text) => {
      if (!text.includes('=')) throw new Error(`knob "${text}" has no value, name=value is wanted`);
      const [id, value] = splitOnce(text);
      const knob = knobs.find((entry) => entry.id === id);
      if (!knob) throw new Error(`knob ${id} is unknown to ${method.meta.id}, which has ${knobs.map((entry) => entry.id).join(', ')}`);
      return [id, knobValue(knob, value)];
    }),
  );
}

function readInput(path: string): JsonObject {
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new Error(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}): check the path`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`is not JSON: ${(error as Error).message}`);
  }
  return readObject(json, 'input');
}

/** JSON would turn NaN and infinities into null without a word. */
function checkFinite(value: unknown, path: string): void {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new Error(`${path} came out as ${value}: the numbers of this case are too far apart`);
  if (typeof value === 'object' && value !== null) for (const [key, entry] of Object.entries(value)) checkFinite(entry, `${path}.${key}`);
}

async function creditFixture(file: JsonObject, id: string, knobs: readonly string[]): Promise<JsonObject> {
  const load = FIXTURES[id];
  if (!load) throw new Error(`method "${id}" has no fixture, one of ${Object.keys(FIXTURES).join(', ')} is wanted`);
  const adapter = await load();
  if (!adapter.method && knobs.length > 0) throw new Error(`${id} is a piece without knobs, leave --knob out`);
  const cases = runFixture(adapter, file, adapter.method ? readKnobs(adapter.method, knobs) : {});
  for (const { name, result } of cases) checkFinite(result, `case "${name}": result`);
  return { method: id, cases };
}

async function creditRollouts(file: JsonObject, id: string, texts: readonly string[]): Promise<JsonObject> {
  if (!METHODS.some((entry) => entry.id === id)) {
    throw new Error(`method "${id}" is unknown for rollouts, one of ${METHODS.map((entry) => entry.id).join(', ')} is wanted`);
  }
  const method = await loadMethod(id);
  const knobs = { ...defaultKnobs(method), ...readKnobs(method, texts) };
  const batch = batchFromJson(file);
  const [missing] = missingNeeds(batch, method, knobs);
  const place = file.groups ? 'groups[0].' : file.group ? 'group.' : '';
  if (missing)
    throw new InputError(
      missing === 'greedyReward' ? `${place}greedyReward` : `${place}responses[0].${missing}`,
      `is missing, ${id} needs it`,
    );
  return creditReport(batch, method, knobs);
}

/** What the command prints and its exit status. */
export interface CommandResult {
  status: 0 | 2;
  stdout: string;
  stderr: string;
}

export async function runCredit(argv: readonly string[]): Promise<CommandResult> {
  let path = '';
  try {
    const { input, method, knobs } = parseArguments(argv);
    path = `${input}: `;
    const file = readInput(input);
    const id = method ?? file.method;
    if (typeof id !== 'string') throw new Error(`method is missing: give --method, one of ${METHODS.map((entry) => entry.id).join(', ')}`);
    const result = file.cases !== undefined ? await creditFixture(file, id, knobs) : await creditRollouts(file, id, knobs);
    return { status: 0, stdout: `${JSON.stringify(result)}\n`, stderr: '' };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { status: 2, stdout: '', stderr: `${path}${message.replace(/\s+/g, ' ')}\n` };
  }
}
