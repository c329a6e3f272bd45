import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { METHODS } from '../src/core/methods/index.ts';
import type { MethodMeta } from '../src/core/stages/types.ts';
import { STAGE_NAMES } from '../src/state/url.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(resolve(root, 'README.md'), 'utf8');

const CHECKED: Readonly<Record<MethodMeta['status'], string>> = {
  'authors-code': "the authors' code",
  'library-code': "a library's code",
  reconstruction: 'a reconstruction',
  ours: "the lab's own",
};

describe('the README', () => {
  it.each(METHODS.map(({ id, title }) => ({ id, title })))('describes $title as it is', async ({ id, title }) => {
    const { meta, stages } = (await METHODS.find((entry) => entry.id === id)?.load()) ?? { meta: null, stages: {} };
    const row = readme.split('\n').find((line) => line.startsWith(`| [${title}](docs/methods/${id}.md) |`)) ?? '';
    const cells = row.split('|').map((cell) => cell.trim());
    expect(cells[3]).toBe(STAGE_NAMES.filter((stage) => stage in stages).join(', '));
    expect(cells[4]).toContain(CHECKED[meta?.status ?? 'reconstruction']);
  });

  it('links to files that exist', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1]);
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((link) => !existsSync(resolve(root, link)))).toEqual([]);
  });

  it('names commands that exist', () => {
    const { scripts } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/npm (?:run (?:--silent )?)?(start|test|[a-z:]+)/g)]
      .map((match) => match[1])
      .filter((name) => !['ci', 'install', 'run'].includes(name));
    expect(named).toContain('start');
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
