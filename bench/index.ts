/** `npm run --silent bench -- <name> [--json] [...]`: runs bench/<name>.ts, whose `run(args)` returns a report. */
import { readdirSync } from 'node:fs';
import type { BenchReport } from './report.ts';

const SHARED = ['index', 'report', 'build', 'fullBatch', 'statistics'];
const names = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .filter((name) => !SHARED.includes(name));

const [name, ...args] = process.argv.slice(2);
if (!name || !names.includes(name)) {
  process.stderr.write(`${name ? `There is no benchmark "${name}"` : 'Which benchmark'}? Choose from: ${names.join(', ')}.\n`);
  process.exit(2);
}

const { run } = (await import(`./${name}.ts`)) as { run: (args: readonly string[]) => Promise<BenchReport> };
try {
  const report = await run(args.filter((arg) => arg !== '--json'));
  process.stdout.write(args.includes('--json') ? `${JSON.stringify(report.json)}\n` : `${report.text}\n`);
} catch (error) {
  process.stderr.write(`${name}: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
