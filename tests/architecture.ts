/** The rules of the source tree that the linter cannot express, as functions over (path, text), so that a test can show each of them failing. */

/** What each folder of src/ may import from src/ (a folder always may import itself). */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  engine: ['core'],
  state: ['core', 'engine/protocol.ts', 'engine/client.ts'],
  content: ['core'],
  ui: ['core', 'content'],
  views: ['core', 'content', 'ui', 'state'],
  styles: [],
};

const MAX_LINES = 300;

/** Removes comments, so that prose may name what code may not use. Strings stay: an import path is one. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1');
}

/** Paths of static imports, re-exports and dynamic imports, in order. */
export function importsOf(text: string): string[] {
  const pattern = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+|\bnew\s+URL\(\s*)(['"])([^'"]+)\1/g;
  return [...withoutComments(text).matchAll(pattern)].map((match) => match[2]);
}

/** Path inside src/ that a relative import points to, or null for a package. */
export function resolveImport(path: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  const parts = path.split('/').slice(0, -1);
  for (const part of specifier.split('?')[0].split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** Imports against the direction views → ui, state → core; engine → core. `path` is relative to src/. */
export function directionFaults(path: string, text: string): string[] {
  const allowed = MAY_IMPORT[path.split('/')[0]];
  if (!allowed) return [];
  const folder = path.split('/')[0];
  return importsOf(text).flatMap((specifier) => {
    const target = resolveImport(path, specifier);
    // Files outside src/ (wasm in public/) are not layers.
    if (target === null || !(target.split('/')[0] in MAY_IMPORT)) return [];
    const ok = target.startsWith(`${folder}/`) || allowed.some((entry) => target === entry || target.startsWith(`${entry}/`));
    return ok ? [] : [`${path} imports ${target}`];
  });
}

/** HTML strings assigned to the page, and the compound power operator, which the linter's rules do not see. */
export function tokenFaults(path: string, text: string): string[] {
  const code = withoutComments(text);
  const faults: string[] = [];
  const html = code.match(/\b(innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write)\b/);
  if (html) faults.push(`${path} uses ${html[1]}`);
  if (/^(core|engine)\//.test(path) && /\*\*=/.test(code)) faults.push(`${path} uses **=`);
  return faults;
}

/** Method ids named outside the places that own them. Only quoted or dotted whole words count: prose in comments is free. */
export function methodIdFaults(path: string, text: string, ids: readonly string[]): string[] {
  if (/^core\/(methods|fixtures)\//.test(path) || /^content\/(lessons|glossary)/.test(path)) return [];
  // A knob may have a method's name: DelTA, and the δ that caps a ratio.
  const isStage = /^core\/stages\//.test(path);
  const code = isStage ? withoutComments(text).replace(/\bid: '[\w-]+',\s+label:/g, '') : withoutComments(text);
  return ids.filter((id) => new RegExp(`(['"\`])${id}\\1`).test(code)).map((id) => `${path} names the method '${id}'`);
}

export function lengthFaults(path: string, text: string): string[] {
  const lines = text.trimEnd().split('\n').length;
  return lines > MAX_LINES ? [`${path} has ${lines} lines, more than ${MAX_LINES}`] : [];
}
