/** Reads unknown JSON into typed values; every error is one line that names the field. */

export class InputError extends Error {
  constructor(path: string, problem: string) {
    super(`${path} ${problem}`);
    this.name = 'InputError';
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

function describe(value: unknown): string {
  if (value === undefined) return 'is missing';
  if (value === null) return 'is null (NaN and infinities are not numbers in JSON)';
  if (Array.isArray(value)) return 'is a list';
  return `is ${typeof value === 'object' ? 'an object' : JSON.stringify(value)}`;
}

export function readObject(value: unknown, path: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputError(path, `${describe(value)}, an object is wanted`);
  return value as JsonObject;
}

export function readList(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new InputError(path, `${describe(value)}, a list is wanted`);
  return value;
}

export function readNumber(value: unknown, path: string): number {
  if (typeof value !== 'number') throw new InputError(path, `${describe(value)}, a number is wanted`);
  if (!Number.isFinite(value)) throw new InputError(path, `is ${value}, a finite number is wanted`);
  return value;
}

/** A number that may be NaN or infinite: those are written as strings, since JSON has no sign for them. */
export function readAnyNumber(value: unknown, path: string): number {
  return value === 'Infinity' || value === '-Infinity' || value === 'NaN' ? Number(value) : readNumber(value, path);
}

/** The form that `readAnyNumber` reads. */
export function writeAnyNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

export function readInteger(value: unknown, path: string, least = 0, most = 0x7fffffff): number {
  const number = readNumber(value, path);
  if (!Number.isInteger(number) || number < least || number > most)
    throw new InputError(path, `is ${number}, an integer of at least ${least} is wanted`);
  return number;
}

export function readNumbers(value: unknown, path: string): number[] {
  return readList(value, path).map((entry, i) => readNumber(entry, `${path}[${i}]`));
}

export function readIntegers(value: unknown, path: string): number[] {
  return readList(value, path).map((entry, i) => readInteger(entry, `${path}[${i}]`));
}

export function readBoolean(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw new InputError(path, `${describe(value)}, true or false is wanted`);
  return value;
}

export function readText(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new InputError(path, `${describe(value)}, a text is wanted`);
  return value;
}
