/**
 * npm run --silent credit -- --input <file.json> [--method <id>] [--knob name=value ...]
 *
 * Reads a fixture-shaped file (with `cases`) or rollouts (a group, or a batch of groups) and prints the result as JSON on
 * stdout, nothing else. A mistake in the input is one line on stderr and exit status 2.
 */
import { runCredit } from './creditCommand.ts';

const { status, stdout, stderr } = await runCredit(process.argv.slice(2));
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exitCode = status;
