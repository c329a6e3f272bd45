/**
 * Colours between given ones, blended in CIELAB (D50): what d3's `piecewise(interpolateLab)` gives, without the rest of its colour
 * code, which the first heatmap would have to wait for. A test holds the two together.
 */
type Triple = readonly [number, number, number];

const WHITE: Triple = [0.96422, 1, 0.82521];
const TO_XYZ: readonly Triple[] = [
  [0.4360747, 0.3850649, 0.1430804],
  [0.2225045, 0.7168786, 0.0606169],
  [0.0139322, 0.0971045, 0.7141733],
];
const TO_RGB: readonly Triple[] = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
];
/** Where the cube root of CIELAB gives way to a line. */
const KNEE = 6 / 29;

const times = (matrix: readonly Triple[], [a, b, c]: Triple): Triple =>
  matrix.map((row) => row[0] * a + row[1] * b + row[2] * c) as unknown as Triple;

/** Red, green and blue of #rrggbb, 0 … 255. */
export const channels = (hex: string): Triple => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Triple;

/** A channel of sRGB, 0 … 255, as light, 0 … 1 (IEC 61966-2-1). */
export const linear = (channel: number): number =>
  channel / 255 <= 0.04045 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4;

const channel = (light: number): number => 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);
const root = (t: number): number => (t > KNEE ** 3 ? Math.cbrt(t) : t / (3 * KNEE * KNEE) + 4 / 29);
const cube = (t: number): number => (t > KNEE ? t ** 3 : 3 * KNEE * KNEE * (t - 4 / 29));

function toLab(hex: string): Triple {
  const light = channels(hex).map(linear) as unknown as Triple;
  const [x, y, z] = times(TO_XYZ, light).map((value, i) => root(value / WHITE[i]));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function toHex([l, a, b]: Triple): string {
  const y = (l + 16) / 116;
  const xyz = [y + a / 500, y, y - b / 200].map((value, i) => WHITE[i] * cube(value)) as unknown as Triple;
  const bytes = times(TO_RGB, xyz).map((light) => Math.max(0, Math.min(255, Math.round(channel(light) || 0))));
  return `#${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** Hex colour at u ∈ [0, 1] along evenly spaced stops (#rrggbb). */
export function blend(stops: readonly string[]): (u: number) => string {
  const points = stops.map(toLab);
  return (u) => {
    const i = Math.max(0, Math.min(points.length - 2, Math.floor(u * (points.length - 1))));
    const t = u * (points.length - 1) - i;
    return toHex(points[i].map((value, k) => value + t * (points[i + 1][k] - value)) as unknown as Triple);
  };
}
