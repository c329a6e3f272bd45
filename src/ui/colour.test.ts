import { type LabColor, lab, rgb } from 'd3-color';
import { describe, expect, it } from 'vitest';
import { DIVERGING_STOPS, divergingColour, inkOn, luminance, SEQUENTIAL_STOPS, sequentialColour, type Theme } from './colour.ts';

const THEMES: readonly Theme[] = ['light', 'dark'];

/** Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB. */
const VISION: Record<string, readonly number[]> = {
  normal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protan: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deutan: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritan: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

function seen(colour: string, m: readonly number[]): LabColor {
  const { r, g, b } = rgb(colour);
  const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  const channel = (row: number) => {
    const v = Math.min(1, Math.max(0, m[row] * x + m[row + 1] * y + m[row + 2] * z));
    return 255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);
  };
  return lab(rgb(channel(0), channel(3), channel(6)));
}

/** CIEDE2000 (Sharma, Wu & Dalal 2005), kL = kC = kH = 1. */
function ciede2000(p: { l: number; a: number; b: number }, q: { l: number; a: number; b: number }): number {
  const rad = Math.PI / 180;
  const c7 = ((Math.hypot(p.a, p.b) + Math.hypot(q.a, q.b)) / 2) ** 7;
  const g = 0.5 * (1 - Math.sqrt(c7 / (c7 + 25 ** 7)));
  const [a1, a2] = [p.a * (1 + g), q.a * (1 + g)];
  const [c1, c2] = [Math.hypot(a1, p.b), Math.hypot(a2, q.b)];
  const hue = (a: number, b: number) => (a === 0 && b === 0 ? 0 : (Math.atan2(b, a) / rad + 360) % 360);
  const [h1, h2] = [hue(a1, p.b), hue(a2, q.b)];
  let dh = c1 * c2 === 0 ? 0 : h2 - h1;
  if (dh > 180) dh -= 360;
  if (dh < -180) dh += 360;
  const dH = 2 * Math.sqrt(c1 * c2) * Math.sin((dh / 2) * rad);
  let h = h1 + h2;
  if (c1 * c2 !== 0) h = Math.abs(h1 - h2) <= 180 ? h / 2 : h < 360 ? (h + 360) / 2 : (h - 360) / 2;
  const [l, c] = [(p.l + q.l) / 2, (c1 + c2) / 2];
  const t =
    1 -
    0.17 * Math.cos((h - 30) * rad) +
    0.24 * Math.cos(2 * h * rad) +
    0.32 * Math.cos((3 * h + 6) * rad) -
    0.2 * Math.cos((4 * h - 63) * rad);
  const sl = 1 + (0.015 * (l - 50) ** 2) / Math.sqrt(20 + (l - 50) ** 2);
  const sc = 1 + 0.045 * c;
  const sh = 1 + 0.015 * c * t;
  const rt = -Math.sin(60 * Math.exp(-(((h - 275) / 25) ** 2)) * rad) * 2 * Math.sqrt(c ** 7 / (c ** 7 + 25 ** 7));
  const [x, y, z] = [(q.l - p.l) / sl, (c2 - c1) / sc, dH / sh];
  return Math.sqrt(x * x + y * y + z * z + rt * y * z);
}

describe('the CIEDE2000 of this test', () => {
  it('gives the published pairs of Sharma et al.', () => {
    expect(ciede2000({ l: 50, a: 2.6772, b: -79.7751 }, { l: 50, a: 0, b: -82.7485 })).toBeCloseTo(2.0425, 4);
    expect(ciede2000({ l: 50, a: 2.5, b: 0 }, { l: 73, a: 25, b: -18 })).toBeCloseTo(27.1492, 4);
    expect(ciede2000({ l: 2.0776, a: 0.0795, b: -1.135 }, { l: 0.9033, a: -0.0636, b: -0.5514 })).toBeCloseTo(0.9082, 4);
  });
});

describe('divergingColour', () => {
  it.each([
    ['light', 27],
    ['dark', 30],
  ] as const)('keeps −v and +v apart in four kinds of vision (%s: ≥ %d)', (theme, promised) => {
    let worst = Infinity;
    for (const matrix of Object.values(VISION)) {
      for (const v of [1, 0.5, 0.25]) {
        worst = Math.min(worst, ciede2000(seen(divergingColour(-v, theme), matrix), seen(divergingColour(v, theme), matrix)));
      }
    }
    expect(Math.round(worst)).toBeGreaterThanOrEqual(promised);
  });

  it('passes through its five stops and clamps outside', () => {
    for (const theme of THEMES) {
      expect([-1, -0.5, 0, 0.5, 1].map((t) => divergingColour(t, theme))).toEqual(DIVERGING_STOPS[theme]);
      expect(divergingColour(-7, theme)).toBe(DIVERGING_STOPS[theme][0]);
      expect(divergingColour(7, theme)).toBe(DIVERGING_STOPS[theme][4]);
    }
  });

  it('interpolates in Lab, not in RGB', () => {
    expect(divergingColour(0.25, 'light')).toBe('#bdd4ef');
  });
});

describe('sequentialColour', () => {
  it('starts at the surface and moves steadily away from it', () => {
    for (const family of ['entropy', 'value', 'plain'] as const) {
      for (const theme of THEMES) {
        const lightness = Array.from({ length: 41 }, (_, i) => lab(sequentialColour(i / 40, family, theme)).l);
        const away = theme === 'light' ? -1 : 1;
        for (let i = 1; i < lightness.length; i++) expect(away * (lightness[i] - lightness[i - 1])).toBeGreaterThan(0.3);
        expect(sequentialColour(0, family, theme)).toBe(SEQUENTIAL_STOPS[family][theme][0]);
        expect(sequentialColour(1, family, theme)).toBe(SEQUENTIAL_STOPS[family][theme][4]);
      }
    }
  });
});

describe('inkOn', () => {
  const contrast = (colour: string) => {
    const y = luminance(colour);
    return inkOn(colour) === '#000' ? (y + 0.05) / 0.05 : 1.05 / (y + 0.05);
  };

  it('is readable on every colour of every ramp', () => {
    for (const theme of THEMES) {
      // Every entry of the tables that cells are coloured from.
      for (let i = 0; i <= 512; i++) {
        const colours = [divergingColour(i / 256 - 1, theme)];
        for (const family of ['entropy', 'value', 'plain'] as const) colours.push(sequentialColour(i / 512, family, theme));
        for (const colour of colours) expect(contrast(colour)).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  it('turns black above luminance 0.179', () => {
    expect(inkOn('#757575')).toBe('#fff');
    expect(inkOn('#767676')).toBe('#000');
  });
});
