/** Finds and starts the system's Firefox for the tests of a second browser engine. Unlike Chromium, no other test needs it. */
import { type Browser, launch } from 'puppeteer-core';
import { findBrowser, installPackage } from './chromium.ts';

const NAMES = ['firefox-esr', 'firefox'];
const PLACES = ['/Applications/Firefox.app/Contents/MacOS/firefox', 'C:\\Program Files\\Mozilla Firefox\\firefox.exe'];

/** What to do where there is no Firefox. */
export const FIREFOX_MISSING = 'Firefox not found: install it ("sudo apt-get install firefox-esr"), or set FIREFOX_PATH to a Firefox.';

/** Path of a Firefox: FIREFOX_PATH, else the first known name on PATH, else a usual place; null where there is none. */
export const findFirefox = (environment: NodeJS.ProcessEnv = process.env): string | null =>
  findBrowser(NAMES, PLACES, environment, environment.FIREFOX_PATH);

/** As `findFirefox`, but installs Debian's package where none is found and this process may. Throws where FIREFOX_PATH is wrong. */
export function ensureFirefox(): string | null {
  const found = findFirefox();
  if (found) return found;
  if (process.env.FIREFOX_PATH) throw new Error(`FIREFOX_PATH names ${process.env.FIREFOX_PATH}, which does not exist.`);
  installPackage('firefox-esr');
  return findFirefox();
}

/** Starts a Firefox without a window, driven over WebDriver BiDi. */
export function launchFirefox(executablePath: string): Promise<Browser> {
  return launch({ browser: 'firefox', protocol: 'webDriverBiDi', executablePath, headless: true });
}
