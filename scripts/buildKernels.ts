/**
 * Builds public/kernels.wasm from src/engine/kernels/assembly and copies the TensorFlow.js wasm files beside it.
 * The kernels run inside TensorFlow.js' memory, so the build fails if they would bring data of their own, grow the
 * memory or allocate. Skipped when the result is newer than its sources; `--force` builds anyway.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sourceFolder = join(root, 'src/engine/kernels/assembly');
const target = join(root, 'public/kernels.wasm');
const tfjsFiles = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm'];

/** What must not be in the kernels' text form, and why. */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\(data[ \n]/, 'has a data section: it would overwrite the data of TensorFlow.js'],
  [/memory\.grow/, 'grows the memory: it would detach the views of TensorFlow.js'],
  [/__new|__alloc|__renew/, 'allocates: scratch must come from TensorFlow.js'],
  [/\.relaxed_/, 'uses relaxed SIMD: results would differ between machines'],
  [/\(import "(?!env" "memory")/, 'imports something besides the memory'],
];

/** One sentence per rule that the module's text breaks. */
export function forbiddenUses(text: string): string[] {
  return FORBIDDEN.filter(([pattern]) => pattern.test(text)).map(([, why]) => `kernels.wasm ${why}.`);
}

/** Compiles the kernels; throws with the compiler's or the check's message. */
export async function compileKernels(): Promise<Uint8Array> {
  // Only here, since loading the compiler takes a second and most calls find nothing to do.
  const { default: asc } = await import('assemblyscript/asc');
  const files = new Map<string, string | Uint8Array>();
  const flags = ['--runtime', 'stub', '--importMemory', '--enable', 'simd', '-O3', '--noAssert'];
  const { error, stderr } = await asc.main(
    ['index.ts', ...flags, '--baseDir', sourceFolder, '--outFile', 'kernels.wasm', '--textFile', 'kernels.wat'],
    {
      writeFile: (name, contents) => void files.set(name, contents),
    },
  );
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  const broken = forbiddenUses(String(files.get('kernels.wat')));
  if (broken.length > 0) throw new Error(broken.join('\n'));
  return files.get('kernels.wasm') as Uint8Array;
}

function isCurrent(): boolean {
  if (!existsSync(target)) return false;
  const built = statSync(target).mtimeMs;
  const sources = readdirSync(sourceFolder).map((name) => join(sourceFolder, name));
  return [...sources, fileURLToPath(import.meta.url)].every((file) => statSync(file).mtimeMs <= built);
}

/** Brings public/kernels.wasm and public/tfjs/*.wasm up to date; true if the kernels were compiled. */
export async function buildKernels(force = false): Promise<boolean> {
  const tfjsFolder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
  mkdirSync(join(root, 'public/tfjs'), { recursive: true });
  for (const file of tfjsFiles) copyFileSync(join(tfjsFolder, file), join(root, 'public/tfjs', file));
  if (!force && isCurrent()) return false;
  writeFileSync(target, await compileKernels());
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const built = await buildKernels(process.argv.includes('--force'));
    process.stdout.write(built ? `built ${target} (${statSync(target).size} bytes)\n` : 'kernels.wasm is up to date\n');
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
