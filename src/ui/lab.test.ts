import { rgb } from 'd3-color';
import { interpolateLab, piecewise } from 'd3-interpolate';
import { describe, expect, it } from 'vitest';
import { DIVERGING_STOPS, SEQUENTIAL_STOPS } from './colour.ts';
import { blend, channels } from './lab.ts';

const ramps = [DIVERGING_STOPS, ...Object.values(SEQUENTIAL_STOPS)].flatMap((ramp) => Object.values(ramp));

describe('blending in CIELAB', () => {
  it('gives what d3 gives, to a step of a channel, along every ramp of the page', () => {
    for (const stops of ramps) {
      const [ours, theirs] = [blend(stops), piecewise(interpolateLab, [...stops])];
      for (let i = 0; i <= 512; i++) {
        const { r, g, b } = rgb(theirs(i / 512));
        channels(ours(i / 512)).forEach((value, k) => {
          expect(Math.abs(value - [r, g, b][k]), `${stops} at ${i}`).toBeLessThanOrEqual(1);
        });
      }
    }
  });

  it('passes through its stops', () => {
    for (const stops of ramps) stops.forEach((stop, i) => expect(blend(stops)(i / (stops.length - 1))).toBe(stop));
  });
});
