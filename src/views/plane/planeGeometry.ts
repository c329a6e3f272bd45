import type { RolloutBatch } from '../../core/batch.ts';
import type { TokenPlane } from '../../core/stages/plane.ts';
import type { Pin } from '../matrix/types.ts';

export const WIDTH = 264;
export const HEIGHT = 200;
const PAD = 12;
/** A pointer this near to a token, in units of the picture, means it. */
const REACH = 14;

/** Where tokens and marks are drawn; each axis fills the picture by itself. */
export interface PlaneScale {
  x(value: number): number;
  y(value: number): number;
}

export function planeScale({ x, y, marks }: TokenPlane): PlaneScale {
  const axis = (values: readonly number[], from: number, to: number) => {
    let [least, most] = [Infinity, -Infinity];
    for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)];
    const range = most > least ? most - least : 1;
    return (value: number) => from + ((value - least) / range) * (to - from);
  };
  // Zero is the line between the sides, and always in the picture.
  return {
    x: axis([0, ...x, ...marks.map((mark) => mark.x)], PAD, WIDTH - PAD),
    y: axis([...y, ...marks.map((mark) => mark.y)], HEIGHT - PAD, PAD),
  };
}

/** The token nearest to a place of the picture, or null where none is near. */
export function nearestToken(plane: TokenPlane, scale: PlaneScale, x: number, y: number): number | null {
  let found: number | null = null;
  let least = REACH * REACH;
  plane.x.forEach((value, t) => {
    const [dx, dy] = [scale.x(value) - x, scale.y(plane.y[t]) - y];
    if (dx * dx + dy * dy >= least) return;
    least = dx * dx + dy * dy;
    found = t;
  });
  return found;
}

/** The next token of the same prompt to the right (1) or left (−1), by its place in the picture; the ends stay. */
export function nextToken(plane: TokenPlane, from: number, [first, last]: readonly [number, number], direction: 1 | -1): number {
  const order = Array.from({ length: last - first }, (_, k) => first + k).sort((a, b) => plane.x[a] - plane.x[b] || a - b);
  const at = order.indexOf(from);
  return order[Math.min(order.length - 1, Math.max(0, at + direction))];
}

/** A token of the batch as the page pins it. */
export function pinOf(batch: RolloutBatch, token: number): Pin {
  const i = batch.responses.findIndex(({ start, end }) => token >= start && token < end);
  const { group, start } = batch.responses[i];
  return { group, response: i - batch.groups[group].start, position: token - start };
}

/** The token that a pin means, or null. */
export function tokenAt(batch: RolloutBatch, pin: Pin | null): number | null {
  const group = pin && batch.groups[pin.group];
  const response = group && batch.responses[group.start + pin.response];
  return response && response.start + pin.position < response.end ? response.start + pin.position : null;
}
