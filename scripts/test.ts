/**
 * `npm test`: every check of the project in a row, each counted, one closing line over all of them.
 * `npm test -- unit browser` runs only the named runners.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ensureChromium } from './chromium.ts';
import { ensureFirefox } from './firefox.ts';

interface Count {
  passed: number;
  failed: number;
  /** Names of the tests that this machine cannot run; they count as neither. */
  notRun?: readonly string[];
}

const root = fileURLToPath(new URL('..', import.meta.url));

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): boolean {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', env }).status === 0;
}

const bin = (name: string) => `${root}node_modules/.bin/${name}`;
const check = (ok: boolean): Count => (ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });

/** Counts of one Vitest run. A file that could not even be loaded counts as one failure, and so does a run without any test. */
function vitest(name: string, config: string): Count {
  const report = `${root}reports/${name}.json`;
  rmSync(report, { force: true });
  mkdirSync(`${root}reports`, { recursive: true });
  const args = ['run', '--config', config, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const ok = run(bin('vitest'), args);
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const result = JSON.parse(readFileSync(report, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    testResults: { status: string; assertionResults: { status: string; fullName: string }[] }[];
  };
  const unloadable = result.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
  const failed = result.numFailedTests + unloadable;
  const isSilentFailure = failed === 0 && (!ok || result.numPassedTests === 0);
  const skipped = result.testResults
    .flatMap((file) => file.assertionResults)
    .filter(({ status }) => ['skipped', 'pending'].includes(status));
  return { passed: result.numPassedTests, failed: isSilentFailure ? 1 : failed, notRun: skipped.map(({ fullName }) => fullName) };
}

function browserTests(): Count {
  try {
    process.env.CHROME_PATH = ensureChromium();
    const firefox = ensureFirefox();
    if (firefox) process.env.FIREFOX_PATH = firefox;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return { passed: 0, failed: 1 };
  }
  return vitest('browser', 'vitest.browser.config.ts');
}

/** In the order in which they run: the quick ones first, the build before what needs it. */
const RUNNERS: readonly [name: string, action: () => Count][] = [
  ['kernels', () => check(run('npm', ['run', '--silent', 'build:kernels']))],
  ['types', () => check(run(bin('tsc'), ['-p', '.']))],
  ['lint', () => check(run(bin('biome'), ['check', '--error-on-warnings', '.']))],
  ['unit', () => vitest('unit', 'vitest.config.ts')],
  ['build', () => check(run(bin('vite'), ['build', '--logLevel', 'warn']))],
  ['browser', browserTests],
];

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !RUNNERS.some(([runner]) => runner === name));
if (unknown) {
  process.stderr.write(`There is no runner "${unknown}": choose from ${RUNNERS.map(([name]) => name).join(', ')}.\n`);
  process.exit(2);
}

const summary: string[] = [];
const notRun: string[] = [];
const total: Count = { passed: 0, failed: 0 };
for (const [name, action] of RUNNERS) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`\n== ${name}\n`);
  const begin = process.hrtime.bigint();
  const count = action();
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  total.passed += count.passed;
  total.failed += count.failed;
  notRun.push(...(count.notRun ?? []));
  summary.push(`${name.padEnd(8)} ${count.passed} passed, ${count.failed} failed (${seconds.toFixed(1)} s)`);
}
for (const name of notRun) summary.push(`not run: ${name}`);
process.stdout.write(`\n${summary.join('\n')}\n${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
