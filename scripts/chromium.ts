/** Finds and starts the system's Chromium: nothing is downloaded, and the project ships no browser. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** A path that the user named, else the first of the names on PATH, else the first of the usual places; null where there is none. */
export function findBrowser(
  names: readonly string[],
  places: readonly string[],
  environment: NodeJS.ProcessEnv,
  named: string | undefined,
): string | null {
  if (named) return existsSync(named) ? named : null;
  const folders = (environment.PATH ?? '').split(delimiter).filter(Boolean);
  const candidates = [...names.flatMap((name) => folders.map((folder) => join(folder, name))), ...places];
  return candidates.find((path) => existsSync(path)) ?? null;
}

/** Installs a Debian package where this process may; elsewhere nothing happens. */
export function installPackage(name: string): void {
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return;
  process.stdout.write(`Installing Debian’s package "${name}" with apt-get, since it was not found.\n`);
  const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
  spawnSync('apt-get', ['update', '-q'], options);
  spawnSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', name], options);
}

/** Path of a Chromium: CHROME_PATH, else the first known name on PATH, else a usual place; null where there is none. */
export const findChromium = (environment: NodeJS.ProcessEnv = process.env): string | null =>
  findBrowser(NAMES, PLACES, environment, environment.CHROME_PATH);

/** As `findChromium`, but installs Debian's package where none is found and this process may. Throws with what to do. */
export function ensureChromium(): string {
  const found = findChromium();
  if (found) return found;
  if (process.env.CHROME_PATH) throw new Error(`CHROME_PATH names ${process.env.CHROME_PATH}, which does not exist.`);
  installPackage('chromium');
  const installed = findChromium();
  if (installed) return installed;
  throw new Error('No Chromium found. Install it ("sudo apt-get install chromium"), or set CHROME_PATH to a Chromium or Chrome.');
}

const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the system's Chromium without a window and without traffic of its own. */
export function launchChromium(flags: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: ensureChromium(), args: [...FLAGS, ...flags], headless: true });
}
