/** What a benchmark returns, and on what it ran. */
import { cpus, totalmem } from 'node:os';

export interface BenchReport {
  /** Printed by --json, nothing else. */
  json: unknown;
  /** Printed otherwise: what was measured, on what, against what. */
  text: string;
}

/** One line that says which machine the numbers are from. */
export function machine(): string {
  const cores = cpus();
  return `${cores.length} × ${cores[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}
