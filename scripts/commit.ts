import { execFileSync } from 'node:child_process';

/** The commit that is built, `-dirty` where files differ from it; `unknown` where there is no git, e.g. in an archive of the sources. */
export function commitId(folder = process.cwd()): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}
