import { traceName } from '../../content/traceNames.ts';
import type { ComposedMethod } from '../../core/pipeline.types.ts';

/** Names of a method's terms for a reader: a knob's label, else the glossary's word. Stages from other methods bring their knobs. */
export function termNames({ method, lenders }: ComposedMethod): (trace: string) => string {
  const knobs = [...Object.values(lenders), method].flatMap((member) => member.knobs);
  return (trace) => knobs.find(({ id }) => trace === `knob:${id}`)?.label ?? traceName(trace);
}
