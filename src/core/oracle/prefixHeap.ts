/** A prefix that is known to exist and not yet evaluated: one token after an evaluated node. */
export interface OpenPrefix {
  node: number;
  token: number;
  /** log P(prefix | prompt). */
  logMass: number;
}

/** Largest mass first; equal masses in the order of (node, token), so that the order of work is the same everywhere. */
const isBefore = (a: OpenPrefix, b: OpenPrefix): boolean =>
  a.logMass !== b.logMass ? a.logMass > b.logMass : a.node !== b.node ? a.node < b.node : a.token < b.token;

/** Binary heap of open prefixes. */
export class PrefixHeap {
  private readonly entries: OpenPrefix[] = [];

  get size(): number {
    return this.entries.length;
  }

  /** The likeliest one, or undefined. */
  top(): OpenPrefix | undefined {
    return this.entries[0];
  }

  push(entry: OpenPrefix): void {
    const { entries } = this;
    let place = entries.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(entry, entries[parent])) break;
      entries[place] = entries[parent];
      place = parent;
    }
    entries[place] = entry;
  }

  pop(): OpenPrefix | undefined {
    const { entries } = this;
    const first = entries[0];
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= entries.length) break;
      if (child + 1 < entries.length && isBefore(entries[child + 1], entries[child])) child++;
      if (!isBefore(entries[child], last)) break;
      entries[place] = entries[child];
      place = child;
    }
    entries[place] = last;
    return first;
  }
}
