/** What is compared, in a link: `vs=branchy&vs.mix.loss=flat&vs.knobs=own&vs.k.clipLow=0.1&vs.lane=entropy&vs.only=1`, or `vs.checkpoint=…`. */
import type { StageName } from '../core/stages/types.ts';
import { choices, LinkProblem, numbers, oneOf } from './linkFields.ts';
import type { LinkField } from './linkFields.ts';
import type { Compare, CompareSide } from './types.ts';

const against = (side: CompareSide): Compare => ({ side, lane: null, differenceOnly: false });

export function compareField(methods: readonly string[], stages: readonly StageName[]): LinkField<Compare | null> {
  const mix = choices('vs.mix.', stages, methods);
  const knobs = numbers('vs.k.');
  const ofMethod = (side: Extract<CompareSide, { method: string }>) => [
    ['vs', side.method] as const,
    ...mix.write(side.mix, {}),
    // Knobs of its own, even where none is touched.
    ...(side.overrides ? [['vs.knobs', 'own'] as const, ...knobs.write(side.overrides, {})] : []),
  ];
  return {
    owns: (key) => /^vs(\.|$)/.test(key),
    write(value) {
      if (!value) return [];
      const { side, lane, differenceOnly } = value;
      return [
        ...('checkpoint' in side ? [['vs.checkpoint', side.checkpoint] as const] : ofMethod(side)),
        ...(lane === null ? [] : [['vs.lane', lane] as const]),
        ...(differenceOnly ? [['vs.only', '1'] as const] : []),
      ];
    },
    read(text, key, current) {
      if (key === 'vs') return against({ method: oneOf(key, methods, text), mix: {}, overrides: null });
      if (key === 'vs.checkpoint') return against({ checkpoint: text.slice(0, 60) });
      const side = current?.side;
      if (current && key === 'vs.lane') return { ...current, lane: text.slice(0, 60) };
      if (current && key === 'vs.only') return { ...current, differenceOnly: text === '1' };
      if (current && side && 'method' in side) {
        if (key === 'vs.knobs') return { ...current, side: { ...side, overrides: side.overrides ?? {} } };
        if (mix.owns(key)) return { ...current, side: { ...side, mix: mix.read(text, key, side.mix) } };
        if (knobs.owns(key)) return { ...current, side: { ...side, overrides: knobs.read(text, key, side.overrides ?? {}) } };
      }
      throw new LinkProblem(`"${key.slice(0, 40)}" means nothing here.`);
    },
  };
}
