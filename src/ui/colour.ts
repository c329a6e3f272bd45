import { blend, channels, linear } from './lab.ts';

export { creditDomain, formatCompact, formatNumber, niceDomain } from './number.ts';

export type Theme = 'light' | 'dark';
/** `plain` is a neutral grey for lanes that are neither entropy nor value. */
export type SequentialFamily = 'entropy' | 'value' | 'plain';

/** Negative → surface → positive. Orange is negative, blue positive; the centre is the surface colour, so that zero recedes. */
export const DIVERGING_STOPS: Readonly<Record<Theme, readonly string[]>> = {
  light: ['#9a4a00', '#f0a35c', '#f7f7f7', '#7db3e6', '#10569e'],
  dark: ['#ffa64d', '#a85a17', '#20242b', '#2a6bb0', '#6cb8ff'],
};

/** Low → high. The low end is the surface colour in both themes, so dark ramps run from dark to light. */
export const SEQUENTIAL_STOPS: Readonly<Record<SequentialFamily, Readonly<Record<Theme, readonly string[]>>>> = {
  entropy: {
    light: ['#f7f7f7', '#cbe1ce', '#7fb8a6', '#308087', '#0d4a5b'],
    dark: ['#20242b', '#1f4c51', '#2e8081', '#63b8a8', '#b8ebd3'],
  },
  value: {
    light: ['#f7f5f2', '#e3d9e8', '#bea5d2', '#8e69af', '#552e80'],
    dark: ['#20242b', '#44345d', '#6d4c96', '#a27ecd', '#dcc6f4'],
  },
  plain: {
    light: ['#f7f7f7', '#d3d6da', '#a3a8af', '#6b7179', '#33383f'],
    dark: ['#20242b', '#42474f', '#6b717a', '#9ba1aa', '#d5d9df'],
  },
};

/** Even, so that zero of the diverging ramp falls on an entry. 1/256 is below one step of an 8-bit channel over most of a ramp. */
const STEPS = 512;
const tables = new Map<readonly string[], readonly string[]>();

/** Painting asks for thousands of colours a frame: interpolate each ramp once and look up. */
function lookUp(stops: readonly string[], u: number): string {
  let table = tables.get(stops);
  if (!table) {
    const ramp = blend(stops);
    table = Array.from({ length: STEPS + 1 }, (_, i) => ramp(i / STEPS));
    tables.set(stops, table);
  }
  return u > 0 ? table[Math.round(Math.min(u, 1) * STEPS)] : table[0];
}

/** Hex colour of t ∈ [−1, 1] (clamped; NaN is the caller's to leave blank and reads as −1). */
export function divergingColour(t: number, theme: Theme): string {
  return lookUp(DIVERGING_STOPS[theme], (t + 1) / 2);
}

/** Hex colour of t ∈ [0, 1] (clamped). */
export function sequentialColour(t: number, family: SequentialFamily, theme: Theme): string {
  return lookUp(SEQUENTIAL_STOPS[family][theme], t);
}

/** WCAG 2 relative luminance of an sRGB colour, #rrggbb. */
export function luminance(colour: string): number {
  const [r, g, b] = channels(colour).map(linear);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

const inks = new Map<string, '#000' | '#fff'>();

/** Text colour for a filled cell: at this threshold the worst contrast on any sRGB colour is 4.58:1. */
export function inkOn(background: string): '#000' | '#fff' {
  let ink = inks.get(background);
  if (!ink) {
    ink = luminance(background) > 0.179 ? '#000' : '#fff';
    inks.set(background, ink);
  }
  return ink;
}

/** CSS gradient stops of a ramp, for a legend bar drawn in Lab: more stops than the ramp has, because CSS blends in sRGB. */
export function rampStops(colourAt: (u: number) => string, count = 17): string[] {
  return Array.from({ length: count }, (_, i) => colourAt(i / (count - 1)));
}
