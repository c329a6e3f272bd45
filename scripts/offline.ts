/**
 * Writes the service worker of a finished build: the list of its files with their hashes, and the worker itself
 * (src/serviceWorker.ts) around it. The page names the build too, so that the worker can tell one page from another.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';
import type { Build } from '../src/serviceWorker.ts';

export const WORKER_FILE = 'sw.js';
const SOURCE = fileURLToPath(new URL('../src/serviceWorker.ts', import.meta.url));
const MARK = /\s*<meta name="build"[^>]*>/;

/** Large, and wanted by few: kept when they are first used. The catalogue is what every visit begins with. */
const isData = (path: string): boolean => /^(checkpoints|recordings)\//.test(path) && path !== 'recordings/index.json';
/** Every browser that runs the page takes WOFF2; the worker itself never comes from its own cache. */
const isNeedless = (path: string): boolean => /\.(ttf|woff|map)$/.test(path) || path === WORKER_FILE;

const hashOf = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex').slice(0, 32);

/** The files of the build in `folder`; its id changes with any of them. */
export function describeBuild(folder: string): Build {
  const files: Record<string, string> = {};
  const data: Record<string, string> = {};
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !isNeedless(path))
    .sort();
  for (const path of paths) {
    const bytes = readFileSync(join(folder, path));
    (isData(path) ? data : files)[path] = hashOf(path === 'index.html' ? bytes.toString().replace(MARK, '') : bytes);
  }
  return { id: hashOf(JSON.stringify([files, data])).slice(0, 12), files, data };
}

/** Describes the build in `folder`, names it in its page and writes its service worker. */
export async function writeServiceWorker(folder: string): Promise<Build> {
  const described = describeBuild(folder);
  const page = join(folder, 'index.html');
  const html = readFileSync(page, 'utf8').replace(MARK, '');
  writeFileSync(page, html.replace('</title>', `</title>\n    <meta name="build" content="${described.id}" />`));
  await build({
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    define: { BUILD_LIST: JSON.stringify(described) },
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: 'es2022',
      rolldownOptions: { input: SOURCE, output: { format: 'iife', entryFileNames: WORKER_FILE } },
    },
  });
  return described;
}

/** Writes the service worker once everything else is in the output folder. */
export function serviceWorker(): Plugin {
  let folder = '';
  return {
    name: 'service-worker',
    apply: 'build',
    configResolved: (config) => {
      folder = resolve(config.root, config.build.outDir);
    },
    closeBundle: async () => {
      await writeServiceWorker(folder);
    },
  };
}
