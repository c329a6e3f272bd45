/** The order of the methods' shelf: by what they change, and within that as registered. */
import { HEADLINE, METHODS } from '../core/methods/index.ts';
import type { MethodEntry } from '../core/methods/index.ts';
import type { Method, MethodMeta } from '../core/stages/types.ts';

type Family = MethodMeta['family'];

/** A record, so that a family without a place does not compile. */
const PLACES: Readonly<Record<Family, number>> = {
  baseline: 1,
  entropy: 2,
  tree: 3,
  process: 4,
  length: 5,
  model: 6,
  preference: 7,
  truth: 8,
};
const FAMILIES = (Object.keys(PLACES) as Family[]).sort((a, b) => PLACES[a] - PLACES[b]);

/** The methods family by family; families without a method are left out. */
export const SHELF: readonly { family: Family; entries: readonly MethodEntry[] }[] = FAMILIES.map((family) => ({
  family,
  entries: METHODS.filter((entry) => entry.family === family),
})).filter(({ entries }) => entries.length > 0);

/** Ids from the top of the shelf to its foot. */
export const SHELF_ORDER: readonly string[] = SHELF.flatMap(({ entries }) => entries.map(({ id }) => id));

/** Ids of the keys 1 … 9: the methods of the large switch first, then the shelf from its top. */
export const KEYED: readonly string[] = [...HEADLINE, ...SHELF_ORDER.filter((id) => !HEADLINE.includes(id))].slice(0, 9);

/**
 * Whether a method is what the words ask for: each must stand in its title, id, full name, family, authors, number or sentence.
 * `meta` is undefined while the method is still loading; its registry line then has to do.
 */
export function matchesQuery(
  entry: Pick<MethodEntry, 'id' | 'title' | 'family'>,
  meta: Method['meta'] | undefined,
  query: string,
): boolean {
  const { paper } = meta ?? {};
  const text = [entry.title, entry.id, entry.family, meta?.fullName, meta?.changes, paper?.authors, paper?.year, paper?.arxiv]
    .join(' ')
    .toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
