import { useLabState } from '../app/labContext.ts';
import { Inspector } from '../inspector/Inspector.tsx';
import type { InspectorProps } from '../inspector/Inspector.tsx';
import { lackOf } from './sides.ts';
import { useComparison, useNamedSides } from './useComparison.ts';

/** The inspector, with the other side beside the view's own where something is compared. */
export function ComparableInspector(props: InspectorProps) {
  const isComparing = useLabState((state) => state.compare !== null);
  return isComparing ? <ComparedInspector {...props} /> : <Inspector {...props} />;
}

function ComparedInspector(props: InspectorProps) {
  const { a, b, problem } = useComparison();
  const names = useNamedSides();
  if (!a?.derived.credit || !b || !names) return <Inspector {...props} />;
  const { credit, composed } = b.derived;
  const versus = {
    batch: b.batch,
    credit,
    composed,
    name: names.b.name,
    nameA: names.a.name,
    lack: problem ?? lackOf(b.derived) ?? 'B has no credit yet.',
  };
  return <Inspector {...props} batch={a.batch} credit={a.derived.credit} composed={a.derived.composed} versus={versus} />;
}
