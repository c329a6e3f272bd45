import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { directionFaults, importsOf, lengthFaults, methodIdFaults, resolveImport, tokenFaults } from './architecture.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const src = join(root, 'src');

/** [path inside src/, text] of every source file, the kernels (another language) left out. */
const sources = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
  .map((entry) => relative(src, join(entry.parentPath, entry.name)))
  .filter((path) => !path.startsWith('engine/kernels/'))
  .map((path): [string, string] => [path, readFileSync(join(src, path), 'utf8')]);
const shipped = sources.filter(([path]) => !/\.test\.tsx?$/.test(path));

/** Ids as the registry's lines spell them. */
function registeredIds(): string[] {
  const text = sources.find(([path]) => path === 'core/methods/index.ts')?.[1] ?? '';
  return [...text.matchAll(/\bid:\s*'([a-z0-9-]+)'/g)].map((match) => match[1]);
}

describe('the source tree', () => {
  it('has sources to look at', () => expect(shipped.length).toBeGreaterThan(5));
  it('imports downwards only', () => expect(shipped.flatMap(([path, text]) => directionFaults(path, text))).toEqual([]));
  it('has no HTML strings and no compound power', () => expect(shipped.flatMap(([path, text]) => tokenFaults(path, text))).toEqual([]));
  it('names methods only where they are defined', () => {
    const ids = registeredIds();
    expect(ids.length).toBeGreaterThan(0);
    expect(shipped.flatMap(([path, text]) => methodIdFaults(path, text, ids))).toEqual([]);
  });
  it('keeps files readable in one sitting', () => expect(shipped.flatMap(([path, text]) => lengthFaults(path, text))).toEqual([]));
});

describe('the rules of the source tree', () => {
  it('reads every form of import', () => {
    const text = `import a from './a.ts';\nexport { b } from "../b.ts";\nconst c = await import('./c.ts');\nimport './d.css';\n// import './no.ts'\nnew URL('./w.ts', import.meta.url)`;
    expect(importsOf(text)).toEqual(['./a.ts', '../b.ts', './c.ts', './d.css', './w.ts']);
    expect(resolveImport('views/matrix/grid.tsx', '../../core/batch.ts')).toBe('core/batch.ts');
    expect(resolveImport('views/matrix/grid.tsx', 'react')).toBeNull();
  });
  it.each([
    ['core/a.ts', `import { b } from '../engine/types.ts';`],
    ['core/methods/a.ts', `const b = await import('../../views/b.tsx');`],
    ['engine/a.ts', `import type { b } from '../state/b.ts';`],
    ['state/a.ts', `import { b } from '../engine/trainer.ts';`],
    ['ui/a.tsx', `import { b } from '../state/b.ts';`],
    ['content/a.ts', `import { b } from '../views/b.tsx';`],
    ['views/a/b.tsx', `import { b } from '../../engine/client.ts';`],
  ])('refuses %s with %s', (path, text) => expect(directionFaults(path, text)).toHaveLength(1));
  it.each([
    ['state/a.ts', `import { b } from '../engine/client.ts'; import { c } from '../engine/protocol.ts';`],
    ['views/a/b.tsx', `import { b } from '../../state/b.ts'; import { c } from '../c/d.tsx';`],
    ['engine/a.ts', `import { b } from '../core/batch.ts';`],
  ])('allows %s with %s', (path, text) => expect(directionFaults(path, text)).toEqual([]));
  it('refuses HTML strings, compound powers, stray method ids and long files', () => {
    expect(tokenFaults('views/a.tsx', 'node.innerHTML = text;')).toHaveLength(1);
    expect(tokenFaults('views/a.tsx', '<p dangerouslySetInnerHTML={x} />')).toHaveLength(1);
    expect(tokenFaults('core/a.ts', 'x **= 2;')).toHaveLength(1);
    expect(tokenFaults('views/a.tsx', '// innerHTML is forbidden')).toEqual([]);
    expect(methodIdFaults('views/a.tsx', `view('alpha')`, ['alpha'])).toHaveLength(1);
    expect(methodIdFaults('core/methods/alpha.ts', `id: 'alpha'`, ['alpha'])).toEqual([]);
    expect(lengthFaults('core/a.ts', 'x\n'.repeat(301))).toHaveLength(1);
  });
});

describe('the linter', () => {
  const examples: readonly [folder: string, rule: string, text: string][] = [
    ['core', 'noJsRestrictedProperties', 'export const y = Math.exp(1);\n'],
    ['core', 'noJsRestrictedProperties', 'export const y = Math.tanh(1);\n'],
    ['engine', 'noJsRestrictedProperties', 'export const y = Math.random();\n'],
    ['engine', 'noJsRestrictedProperties', 'export const y = Date.now() + performance.now();\n'],
    ['core', 'noJsRestrictedProperties', 'const { log } = Math;\nexport const y = log(1);\n'],
    ['core', 'plugin', 'export const y = (x: number) => x ** 2;\n'],
    ['core', 'noRestrictedImports', `import { A } from '../../views/a.tsx';\nexport const b = A;\n`],
    ['core', 'noRestrictedImports', `import { useState } from 'react';\nexport const b = useState;\n`],
    ['engine', 'noRestrictedImports', `import { a } from '../../state/a.ts';\nexport const b = a;\n`],
    ['state', 'noRestrictedImports', `import { a } from '../../engine/trainer.ts';\nexport const b = a;\n`],
    ['ui', 'noRestrictedImports', `import { a } from '../../state/a.ts';\nexport const b = a;\n`],
    ['views', 'noRestrictedImports', `import { a } from '../../engine/client.ts';\nexport const b = a;\n`],
    ['views', 'noDangerouslySetInnerHtml', 'export const A = () => <p dangerouslySetInnerHTML={{ __html: "x" }} />;\n'],
    ['views', 'noJsRestrictedProperties', 'export const a = (e: Element) => e.innerHTML;\n'],
    ['views', 'noConsole', 'console.log(1);\n'],
    ['views', 'noExplicitAny', 'export const a = (b: any) => b;\n'],
    ['views', 'noDefaultExport', 'export default 1;\n'],
  ];
  const allowed: readonly [folder: string, text: string][] = [
    ['core', 'export const y = Math.sqrt(2) + Math.floor(1.5);\n'],
    ['state', `import { a } from '../../engine/client.ts';\nexport const b = a;\n`],
    ['views', 'export const y = Math.exp(1) + 2 ** 3;\n'],
  ];
  let copy = '';
  let diagnostics: { location: { path: string | { file: string } }; category: string }[] = [];
  const file = (kind: string, index: number, folder: string) => `src/${folder}/${kind}/example${index}.tsx`;

  beforeAll(() => {
    // The examples lie in a copy of the configuration, so that the project's own check never meets them.
    copy = mkdtempSync(join(tmpdir(), 'creditscope-lint-'));
    const config = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
    writeFileSync(join(copy, 'biome.json'), JSON.stringify({ ...config, root: true, vcs: { enabled: false } }));
    mkdirSync(join(copy, 'lint'));
    for (const name of readdirSync(join(root, 'lint'))) writeFileSync(join(copy, 'lint', name), readFileSync(join(root, 'lint', name)));
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(copy, path)), { recursive: true });
      writeFileSync(join(copy, path), text);
    };
    examples.forEach(([folder, , text], index) => {
      write(file('refused', index, folder), text);
    });
    allowed.forEach(([folder, text], index) => {
      write(file('allowed', index, folder), text);
    });
    const biome = join(root, 'node_modules/.bin/biome');
    const run = spawnSync(biome, ['lint', '--reporter=json', '--max-diagnostics=none', 'src'], { cwd: copy, encoding: 'utf8' });
    diagnostics = JSON.parse(run.stdout).diagnostics;
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  const rulesAt = (path: string) => diagnostics.filter((d) => JSON.stringify(d.location.path).includes(path)).map((d) => d.category);

  it.each(examples.map(([folder, rule, text], index) => ({ path: file('refused', index, folder), rule, text })))(
    'refuses $text ($rule)',
    ({ path, rule }) => expect(rulesAt(path).some((category) => category.includes(rule))).toBe(true),
  );
  it.each(allowed.map(([folder, text], index) => ({ path: file('allowed', index, folder), text })))('allows $text', ({ path }) =>
    expect(rulesAt(path)).toEqual([]),
  );
});
