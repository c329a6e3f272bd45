import { describe, expect, it } from 'vitest';
import { HEADLINE, METHODS } from '../core/methods/index.ts';
import { loadMethod } from '../core/methods/index.ts';
import { KEYED, matchesQuery, SHELF, SHELF_ORDER } from './shelf.ts';

describe('the shelf', () => {
  it('holds every method once, each under its own family', () => {
    expect([...SHELF_ORDER].sort()).toEqual(METHODS.map(({ id }) => id).sort());
    for (const { family, entries } of SHELF) {
      expect(entries.length, family).toBeGreaterThan(0);
      expect(entries.every((entry) => entry.family === family)).toBe(true);
    }
  });
  it('gives the keys 1 to 9 to the large switch and then to the shelf from its top', () => {
    expect(KEYED.slice(0, HEADLINE.length)).toEqual(HEADLINE);
    expect(new Set(KEYED).size).toBe(KEYED.length);
    expect(KEYED[HEADLINE.length]).toBe(SHELF_ORDER.find((id) => !HEADLINE.includes(id)));
    expect(KEYED.length).toBe(Math.min(9, METHODS.length));
  });
});

describe('the search', async () => {
  const [entry] = METHODS.filter(({ id }) => id === HEADLINE[1]);
  const { meta } = await loadMethod(entry.id);
  it.each([
    ['its title in any case', entry.title.toUpperCase()],
    ['a word of the full name', meta.fullName.split(' ')[0]],
    ['an author', meta.paper.authors.split(',')[0]],
    ['the number of the paper', String(meta.paper.arxiv)],
    ['words of the sentence in any order', meta.changes.replace(/[.,]/g, '').split(' ').slice(0, 3).reverse().join('  ')],
    ['nothing', ''],
  ])('finds a method by %s', (_, query) => {
    expect(matchesQuery(entry, meta, query)).toBe(true);
  });
  it('wants every word', () => {
    expect(matchesQuery(entry, meta, `${entry.title} zebra`)).toBe(false);
  });
  it('makes do with the registry line while a method loads', () => {
    expect(matchesQuery(entry, undefined, entry.id)).toBe(true);
    expect(matchesQuery(entry, undefined, meta.paper.authors)).toBe(false);
  });
});
