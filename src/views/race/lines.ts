/** How entrants are told apart: a dash and a colour each, and the label at the curve's end; never the colour alone. */
export const DASHES: readonly string[] = ['', '7 3', '2 3', '10 3 2 3', '5 2 1 2 1 2', '1 4', '14 4', '4 4 1 4'];

/** The line of the n-th entrant; from the ninth on dash and colour meet anew. */
export const lineOf = (index: number): { dash: string; colour: string } => ({
  dash: DASHES[(index + Math.floor(index / DASHES.length)) % DASHES.length],
  colour: `var(--race-${(index % DASHES.length) + 1})`,
});

/** Heights of labels that would like to stand at `wanted`, none nearer than `gap` to the next, all inside [0, bottom]. */
export function spreadLabels(wanted: readonly number[], gap: number, bottom: number): number[] {
  const order = [...wanted.keys()].sort((a, b) => wanted[a] - wanted[b]);
  const placed: number[] = [];
  let last = -gap;
  for (const i of order) {
    last = Math.max(wanted[i], last + gap);
    placed[i] = last;
  }
  let next = bottom + gap;
  for (const i of order.reverse()) {
    next = Math.min(placed[i], next - gap);
    placed[i] = next;
  }
  return placed;
}
