import { csvOf } from '../../core/csv.ts';
import type { Knob } from '../../core/stages/types.ts';
import type { Scoreboard } from '../../state/scoreboard.ts';
import { scoreTable, sortRows } from '../../state/scoreboardColumns.ts';
import type { ScoreboardState } from '../../state/scoreboardTypes.ts';
import { downloadText } from '../../ui/download.ts';
import { KnobSlider } from '../../ui/KnobSlider.tsx';
import { Segmented } from '../../ui/Segmented.tsx';
import { exportOf } from './exportOf.ts';

const shared = { stage: 'advantage', scale: 'lin', paper: null, applies: 'credit' } as const;

const THRESHOLD: Knob = {
  ...shared,
  id: 'signThreshold',
  label: 'Sign threshold',
  symbol: '|A|',
  default: 0.05,
  min: 0,
  max: 0.5,
  step: 0.01,
  unit: '',
  meaning: 'Only tokens whose true advantage is larger than this are asked for the sign of their credit.',
};

const BATCHES: Knob = {
  ...shared,
  id: 'batches',
  label: 'Batches R',
  symbol: 'R',
  default: 16,
  min: 4,
  max: 64,
  step: 4,
  unit: '',
  meaning: 'How often the prompts are sampled again for the gradients: more make bias and variance surer, and take longer.',
};

interface ControlsProps {
  board: Scoreboard;
  state: ScoreboardState;
}

/** When credit is read, what counts as a token with a sign, the comparison of gradients, and the table as a file. */
export function Controls({ board, state }: ControlsProps) {
  const { update, threshold, batches, gradients, frozen, rows, sort } = state;
  const hasUpdates = (frozen?.batch.updates.length ?? 0) > 0;
  const isRunning = gradients.status === 'running';
  const name = `scoreboard-${frozen?.taskId}-${frozen?.source}-step-${frozen?.step}`;
  const sorted = () => sortRows(rows, sort);
  return (
    <section className="score-controls" aria-label="What is scored">
      <div className="score-when">
        <span className="quiet">credit</span>
        <Segmented
          label="Credit is read"
          options={[
            { id: 'first', label: 'at ratio 1', title: 'Before any update, all prompts in one minibatch' },
            {
              id: 'last',
              label: 'at the last update',
              title: hasUpdates ? 'Each token’s last update of the step, where the clip has bitten' : 'This batch was not trained on',
              disabled: !hasUpdates,
            },
          ]}
          value={update}
          onChange={board.setUpdate}
        />
      </div>
      <KnobSlider
        knob={THRESHOLD}
        value={threshold}
        isDefault={threshold === THRESHOLD.default}
        onChange={board.setThreshold}
        onReset={() => board.setThreshold(THRESHOLD.default)}
      />
      <KnobSlider
        knob={BATCHES}
        value={batches}
        isDefault={batches === BATCHES.default}
        disabled={isRunning}
        onChange={board.setBatches}
        onReset={() => board.setBatches(BATCHES.default)}
      />
      {isRunning ? (
        <button type="button" className="button" onClick={board.cancel}>
          Give up
        </button>
      ) : (
        <button type="button" className="button score-compare" disabled={!frozen} onClick={() => void board.compareGradients()}>
          {gradients.status === 'done' ? 'Compare gradients again' : 'Compare gradients'}
        </button>
      )}
      <div className="score-files">
        <button
          type="button"
          className="button"
          onClick={() => {
            const { columns, lines } = scoreTable(sorted());
            downloadText(`${name}.csv`, 'text/csv', csvOf(columns, lines));
          }}
        >
          CSV
        </button>
        <button
          type="button"
          className="button"
          onClick={() => downloadText(`${name}.json`, 'application/json', JSON.stringify(exportOf(state, sorted()), null, 2))}
        >
          JSON
        </button>
      </div>
    </section>
  );
}
