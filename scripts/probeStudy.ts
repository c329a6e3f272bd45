/** `--study probes`: measures what the claims ask of single batches and comparisons, each figure once a seed. */
import { loadMethod } from '../src/core/methods/index.ts';
import { probesAsked } from './claims.ts';
import type { HeadlessLab } from './headlessRun.ts';
import * as figures from './probeFigures.ts';
import { readProbe, writeProbe } from './probeCells.ts';
import type { ProbeName } from './probeCells.ts';
import type { Probed } from './probeRun.ts';
import * as runs from './probeRuns.ts';
import { askedFor } from './resultCells.ts';

const PROBES: Readonly<Record<ProbeName, (probed: Probed) => Promise<number>>> = { ...figures, ...runs };

export interface ProbeOptions {
  seeds: readonly string[];
  isTask(task: string): boolean;
  isMethod(method: string): boolean;
  /** Measures what is kept once more and writes nothing. */
  isCheck: boolean;
  say(line: string): void;
  labOf(task: string): Promise<HeadlessLab>;
}

/** Says of each value what it is, or with `isCheck` whether it is the same to the last digit; returns whether all were. */
export async function fillProbes({ seeds, isTask, isMethod, isCheck, say, labOf }: ProbeOptions): Promise<boolean> {
  let isSame = true;
  for (const { figure, task, method, variant, knobs } of probesAsked()) {
    if (!isTask(task) || !isMethod(method)) continue;
    const lab = await labOf(task);
    const key = { figure, task, method, variant };
    const asked = askedFor({ figure, task, knobs }, lab.base);
    for (const seed of seeds) {
      const kept = readProbe(key, asked);
      if ((kept?.values[seed] !== undefined) !== isCheck) continue;
      const value = await PROBES[figure]({ lab, method: await loadMethod(method), knobs, seed });
      const rounded = Number(value.toFixed(5));
      const name = [figure, task, method, variant, seed].filter((part) => part !== '').join(' ');
      if (isCheck) {
        const same = kept?.values[seed] === rounded;
        isSame &&= same;
        say(`probes ${name}: ${same ? 'the same to the last digit' : `differs, ${rounded}`}`);
        continue;
      }
      if (!Number.isNaN(rounded)) writeProbe(key, { asked, values: { ...readProbe(key, asked)?.values, [seed]: rounded } });
      say(`probes ${name}: ${Number.isNaN(rounded) ? 'there is no such figure' : rounded}`);
    }
  }
  return isSame;
}
