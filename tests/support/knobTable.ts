import { knobsOf } from '../../src/core/pipeline.ts';
import type { Knob, Method } from '../../src/core/stages/types.ts';

/** A value as the docs write it: an option by its label, the end stop by its sign. */
function valueText(knob: Knob, value: number): string {
  if (knob.special && knob.special.value === value) return knob.special.label;
  return knob.options?.[value] ?? String(value);
}

/** The knob table of a method's docs page, one line a knob. */
export function knobTable(method: Method): string[] {
  return [
    '| stage | knob | default | range | paper |',
    '|---|---|---|---|---|',
    ...knobsOf(method).map((knob) => {
      const range = knob.options ? knob.options.join(', ') : `${knob.min} … ${knob.max}${knob.unit ? ` ${knob.unit}` : ''}`;
      const paper = knob.paper ? `${valueText(knob, knob.paper.value)} (${knob.paper.source})` : '';
      return `| ${knob.stage} | \`${knob.id}\` ${knob.label} | ${valueText(knob, knob.default)} | ${range} | ${paper} |`;
    }),
  ];
}
