/** Building blocks of the link's table: each says how one value is written into the hash and read back from it. */

/** One sentence for the user: why a part of the link was not used. */
export class LinkProblem extends Error {}

export interface LinkField<T> {
  /** Whether an entry of the hash belongs to this field. */
  owns(key: string): boolean;
  /** Entries that say `value`; none where it is the standard one. */
  write(value: T, standard: T): readonly (readonly [key: string, text: string])[];
  /** The value with one entry read into it. Throws a `LinkProblem` where the entry says nothing that can be used. */
  read(text: string, key: string, current: T): T;
}

/** Longest piece of a link that a sentence repeats. */
const QUOTED = 40;
const quote = (text: string): string => `"${text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text}"`;

const POSITIVE = /^[1-9]\d{0,5}$/;
/** Ids of knobs, lanes and controls. */
const NAME = /^[a-zA-Z][\w.-]{0,59}$/;

const single = <T>(key: string, toText: (value: T) => string, read: (text: string) => T): LinkField<T> => ({
  owns: (other) => other === key,
  write: (value, standard) => (toText(value) === toText(standard) ? [] : [[key, toText(value)]]),
  read,
});

/** A free text of at most 60 characters. */
export const text = (key: string): LinkField<string> => single(key, String, (value) => value.slice(0, 60));

export function oneOf<T extends string>(key: string, allowed: readonly T[], value: string): T {
  if ((allowed as readonly string[]).includes(value)) return value as T;
  throw new LinkProblem(`${key} ${quote(value)} is not known (there is ${allowed.join(', ')}).`);
}

/** One of a few words. */
export const choice = <T extends string>(key: string, allowed: readonly T[]): LinkField<T> =>
  single(key, String, (value) => oneOf(key, allowed, value));

export function ordinal(key: string, value: string): number {
  if (!POSITIVE.test(value)) throw new LinkProblem(`${key} ${quote(value)} is not a positive whole number.`);
  return Number(value);
}

/** A positive whole number, or null for none; `shift` is what the hash counts more than the value (places count from 1). */
export const count = (key: string, shift = 0): LinkField<number | null> => ({
  owns: (other) => other === key,
  write: (value, standard) => (value === standard || value === null ? [] : [[key, String(value + shift)]]),
  read: (value) => ordinal(key, value) - shift,
});

/** A list of names with commas between them; null for what suits the rest. Checked where the names are known. */
export const names = (key: string): LinkField<readonly string[] | null> => ({
  owns: (other) => other === key,
  write: (value, standard) => (value === null || value.join() === standard?.join() ? [] : [[key, value.join()]]),
  read: (value) => value.split(',').filter((name) => NAME.test(name)),
});

/** Some of a few words, in their own order. */
export const someOf = <T extends string>(key: string, allowed: readonly T[]): LinkField<readonly T[]> => ({
  owns: (other) => other === key,
  write: (value, standard) => (value.join() === standard.join() ? [] : [[key, value.join() || 'none']]),
  read(value) {
    const asked = value === 'none' ? [] : value.split(',').filter((word) => word !== '');
    const unknown = asked.find((word) => !(allowed as readonly string[]).includes(word));
    if (unknown !== undefined) oneOf(key, allowed, unknown);
    return allowed.filter((word) => asked.includes(word));
  },
});

export function finite(key: string, value: string): number {
  const number = value === '' ? Number.NaN : Number(value);
  if (Number.isNaN(number)) throw new LinkProblem(`${key} ${quote(value)} is not a number.`);
  return number;
}

function nameAfter(prefix: string, key: string): string {
  const name = key.slice(prefix.length);
  if (!NAME.test(name)) throw new LinkProblem(`${quote(key)} means nothing here.`);
  return name;
}

/** Numbers by id, one entry each: `k.clipLow=0.1`. */
export const numbers = (prefix: string): LinkField<Readonly<Record<string, number>>> => ({
  owns: (key) => key.startsWith(prefix),
  write: (value) =>
    Object.keys(value)
      .sort()
      .map((id) => [prefix + id, String(value[id])]),
  read: (value, key, current) => ({ ...current, [nameAfter(prefix, key)]: finite(key.slice(prefix.length), value) }),
});

/** Words by word, one entry each: `mix.loss=flat`. */
export const choices = <K extends string>(
  prefix: string,
  keys: readonly K[],
  allowed: readonly string[],
): LinkField<Readonly<Partial<Record<K, string>>>> => ({
  owns: (key) => key.startsWith(prefix),
  write: (value) => keys.flatMap((key) => (value[key] ? [[prefix + key, value[key]] as const] : [])),
  read: (value, key, current) => ({
    ...current,
    [oneOf(prefix.replace(/\W$/, ''), keys, key.slice(prefix.length))]: oneOf(key, allowed, value),
  }),
});

/** Anything else, by its own words. */
export const custom = <T>(key: string, write: (value: T) => string | null, read: (text: string) => T): LinkField<T> => ({
  owns: (other) => other === key,
  write(value, standard) {
    const written = write(value);
    return written === null || written === write(standard) ? [] : [[key, written]];
  },
  read,
});
