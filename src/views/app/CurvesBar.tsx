import { Deferred } from './Deferred.tsx';
import { idle } from './idle.ts';
import { useLab, useLabState } from './labContext.ts';

const loadCurves = async () => {
  await idle();
  return (await import('../curves/Curves.tsx')).Curves;
};

/** The foldable strip of curves; folded it is one line with the last numbers. */
export function CurvesBar() {
  const lab = useLab();
  const metrics = useLabState((state) => state.metrics);
  const hasBatch = useLabState((state) => state.batch !== null);
  const open = useLabState((state) => state.curvesOpen);
  return (
    <footer className="curves-bar" data-open={open}>
      {hasBatch ? (
        <Deferred load={loadCurves} className="curves-wait" props={{ metrics, open, onToggle: () => lab.toggleCurves() }} />
      ) : (
        <div className="curves-wait" />
      )}
    </footer>
  );
}
