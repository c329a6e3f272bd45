/** A fresh production build behind the real server: what the browser benchmarks measure. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type RunningServer, serve } from '../scripts/serve.ts';

export const DIST = fileURLToPath(new URL('../dist', import.meta.url));

/** Builds (unless `--no-build` is among the arguments) and serves; what the build prints goes to stderr. */
export async function buildAndServe(args: readonly string[]): Promise<RunningServer> {
  if (!args.includes('--no-build')) {
    const root = fileURLToPath(new URL('..', import.meta.url));
    const built = spawnSync('npm', ['run', '--silent', 'build', '--', '--logLevel', 'error'], {
      cwd: root,
      stdio: ['ignore', 2, 'inherit'],
    });
    if (built.status !== 0) throw new Error('the production build failed');
  }
  return serve({ root: DIST, port: 0 });
}
