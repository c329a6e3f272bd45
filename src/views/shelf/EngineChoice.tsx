import { Segmented } from '../../ui/Segmented.tsx';
import { useLab, useLabState } from '../app/labContext.ts';

const hasWebgpu = 'gpu' in navigator;

/** What computes. The graphics processor is asked for here and taken only where it wins a trial. */
export function EngineChoice() {
  const lab = useLab();
  const isOnGpu = useLabState((state) => state.run.backend?.endsWith('webgpu') ?? false);
  const isStarting = useLabState((state) => state.run.status === 'starting');
  return (
    <section className="engine-choice" aria-label="Engine">
      <h3>Engine</h3>
      <Segmented
        label="Engine"
        options={[
          { id: 'wasm', label: 'WebAssembly', title: 'The same seed draws the same tokens on every machine' },
          { id: 'gpu', label: 'GPU', title: 'Fast, may differ', disabled: !hasWebgpu },
        ]}
        value={isOnGpu ? 'gpu' : 'wasm'}
        onChange={(id) => void lab.setGpu(id === 'gpu')}
        disabled={isStarting}
      />
      <p className="quiet">
        {hasWebgpu
          ? 'GPU: fast, may differ. The same seed may draw other tokens there; it is tried for a second and taken only if it is faster.'
          : 'GPU: not available here, this browser has no WebGPU.'}
      </p>
    </section>
  );
}
