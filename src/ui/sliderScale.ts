import type { Knob } from '../core/stages/types.ts';
import { formatCompact } from './number.ts';

/** What a native range input needs of a knob: integer positions 0 … last, and which value each of them means. */
export interface SliderScale {
  last: number;
  toValue(index: number): number;
  /** Nearest position; a value typed between two positions keeps its exact number in the box. */
  toIndex(value: number): number;
  /** Position after PageUp (+1) or PageDown (−1): ten steps, on a log scale the next of 1, 2, 5 × 10ⁿ. */
  page(index: number, direction: 1 | -1): number;
}

type Range = Pick<Knob, 'min' | 'max' | 'step' | 'scale' | 'special' | 'whole'>;

/** Removes the dust of binary fractions: 0.1 × 3 is 0.3 to a reader. */
const tidy = (value: number): number => Number(value.toPrecision(12));

/** The 1, 2, 5 × 10ⁿ nearest to value on a log scale. */
function nearestNice(value: number): number {
  const exponent = Math.floor(Math.log10(value));
  const candidates = [1, 2, 5, 10].map((digit) => Number(`${digit}e${exponent}`));
  const distance = (candidate: number) => Math.abs(Math.log(candidate / value));
  return candidates.reduce((best, candidate) => (distance(candidate) < distance(best) ? candidate : best));
}

function plainScale({ min, max, step, scale, whole }: Range): Omit<SliderScale, 'page'> {
  if (scale === 'log') {
    const last = Math.max(1, Math.round(Math.log10(max / min) * step));
    const perStep = Math.log10(max / min) / last;
    const toIndex = (value: number) => Math.min(last, Math.max(0, Math.round(Math.log10(value / min) / perStep)));
    const toValue = (index: number) => {
      if (index <= 0) return min;
      if (index >= last) return max;
      const exact = min * 10 ** (index * perStep);
      const nice = nearestNice(exact);
      // Snap only where the round number belongs to this very position, so that no two positions mean the same.
      return nice > min && nice < max && toIndex(nice) === index ? nice : whole ? Math.round(exact) : Number(exact.toPrecision(3));
    };
    return { last, toValue, toIndex };
  }
  const last = Math.max(1, Math.round((max - min) / step));
  return {
    last,
    toValue: (index) => (index >= last ? max : index <= 0 ? min : tidy(min + index * step)),
    toIndex: (value) => Math.min(last, Math.max(0, Math.round((value - min) / step))),
  };
}

/** Slider positions of a knob. A special value outside [min, max] becomes an extra end stop on its side. */
export function sliderScale(knob: Range): SliderScale {
  const plain = plainScale(knob);
  const special = knob.special?.value;
  const before = special !== undefined && special < knob.min ? 1 : 0;
  const after = special !== undefined && special > knob.max ? 1 : 0;
  const last = plain.last + before + after;
  const isSpecialIndex = (index: number) => (before === 1 && index <= 0) || (after === 1 && index >= last);
  const toValue = (index: number) => (isSpecialIndex(index) ? (special as number) : plain.toValue(index - before));
  const toIndex = (value: number) => {
    if (before === 1 && value === special) return 0;
    if (after === 1 && value === special) return last;
    return plain.toIndex(value) + before;
  };
  const page = (index: number, direction: 1 | -1) => {
    if (knob.scale === 'lin') return Math.min(last, Math.max(0, index + 10 * direction));
    let next = index + direction;
    while (next > 0 && next < last && nearestNice(toValue(next)) !== toValue(next)) next += direction;
    return Math.min(last, Math.max(0, next));
  };
  return { last, toValue, toIndex, page };
}

/** A knob's value as text without its unit: option label, special label, or a short number. */
export function knobText(knob: Knob, value: number): string {
  if (knob.options) return knob.options[value] ?? String(value);
  if (knob.special && value === knob.special.value) return knob.special.label;
  return formatCompact(value, 4);
}

/** For `aria-valuetext`: the value with its unit. */
export function knobSpeech(knob: Knob, value: number): string {
  const text = knobText(knob, value);
  const isWord = knob.options || (knob.special && value === knob.special.value);
  return isWord || !knob.unit ? text : `${text} ${knob.unit}`;
}

export type ParsedKnob = { value: number; message: null } | { value: number; message: string } | { value: null; message: string };

/** Reads the number box: clamps to the range with a sentence that names it; refuses what is no number. */
export function parseKnob(knob: Knob, typed: string): ParsedKnob {
  const text = typed.trim().toLowerCase().replace('−', '-').replace(',', '.');
  const range = `${formatCompact(knob.min, 4)} to ${formatCompact(knob.max, 4)}${knob.unit ? ` ${knob.unit}` : ''}`;
  const special = knob.special;
  const orSpecial = special ? `, or “${special.label}”` : '';
  if (
    special &&
    (text === special.label.toLowerCase() || text === 'off' || (special.value === Infinity && /^(∞|inf|infinity)$/.test(text)))
  ) {
    return { value: special.value, message: null };
  }
  const value = text === '' ? NaN : Number(text);
  if (!Number.isFinite(value)) return { value: null, message: `${knob.label} takes a number from ${range}${orSpecial}.` };
  if (special && value === special.value) return { value, message: null };
  if (value < knob.min || value > knob.max) {
    const clamped = value < knob.min ? knob.min : knob.max;
    return { value: clamped, message: `${knob.label} goes from ${range}${orSpecial}: set to ${formatCompact(clamped, 4)}.` };
  }
  return { value, message: null };
}

/** Which control suits a knob: off/on → switch, up to three short options → radio buttons, more → select, else a slider. */
export function knobControl(knob: Knob): 'slider' | 'switch' | 'radio' | 'select' {
  if (!knob.options) return 'slider';
  const [first, second] = knob.options.map((option) => option.toLowerCase());
  if (knob.options.length === 2 && /^(off|no|false)$/.test(first) && /^(on|yes|true)$/.test(second)) return 'switch';
  return knob.options.length <= 3 && knob.options.join('').length <= 26 ? 'radio' : 'select';
}
