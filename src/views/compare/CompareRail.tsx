import './compare.css';
import type { StageDifference } from '../../core/compare.ts';
import type { StageName } from '../../core/stages/types.ts';
import type { ComparedSide } from '../../state/compare.ts';
import type { LabState } from '../../state/types.ts';
import { STAGE_NAMES } from '../../state/url.ts';
import { useLabState } from '../app/labContext.ts';
import { StageChip } from '../rail/Rail.tsx';
import { MixBar } from './MixBar.tsx';
import { supplierTitle } from './sides.ts';
import { useComparison, useNamedSides } from './useComparison.ts';

/** The five stages of A; where B does something else, both suppliers stand in the chip. */
export function CompareRail() {
  const { a, b } = useComparison();
  const names = useNamedSides();
  const method = useLabState((state) => state.methods[state.viewMethod] ?? null);
  const mix = useLabState((state) => state.mix);
  const methods = useLabState((state) => state.methods);
  const isCheckpoint = useLabState((state) => state.compare !== null && 'checkpoint' in state.compare.side);
  const isMixed = Object.keys(mix).length > 0;
  return (
    <div className="rail rail-compare">
      <ol className="rail-stages" aria-label="Pipeline stages of A and B">
        {STAGE_NAMES.map((stage) => {
          const difference = names?.stages.find((entry) => entry.stage === stage);
          return (
            <li key={stage}>
              <StageChip
                stage={stage}
                method={method}
                taken={mix[stage] ? (methods[mix[stage]] ?? null) : null}
                methods={methods}
                versus={difference && a && b ? versus(difference, a, b, methods) : undefined}
              />
            </li>
          );
        })}
      </ol>
      {isMixed ? (
        <MixBar />
      ) : (
        <p className="rail-changes">
          {isCheckpoint
            ? 'One method, two models: every stage is the same, only what the models think of the tokens differs.'
            : names && (names.stages.length === 0 ? 'A and B run the same stages at the same knobs.' : reading(names.stages))}
        </p>
      )}
    </div>
  );
}

const listed = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`;

/** `A and B differ in advantage and loss; in regulariser by knobs alone.` */
function reading(stages: readonly StageDifference[]): string {
  const others = stages.filter(({ isOther }) => isOther).map(({ stage }) => stage);
  const tuned = stages.filter(({ isOther }) => !isOther).map(({ stage }) => stage);
  if (others.length === 0) return `A and B run the same stages; knobs differ in ${listed(tuned)}.`;
  return `A and B differ in ${listed(others)}${tuned.length > 0 ? `; in ${listed(tuned)} by knobs alone` : ''}.`;
}

function versus({ stage, isOther, knobs }: StageDifference, a: ComparedSide, b: ComparedSide, methods: LabState['methods']) {
  const [first, second] = [a, b].map((side) => supplierTitle(side, stage as StageName, methods));
  if (isOther)
    return {
      spoken: `A ${first}, B ${second}`,
      shown: (
        <span className="versus">
          {' '}
          <b>A</b> {first} <span aria-hidden="true">≠</span> <b>B</b> {second}
        </span>
      ),
    };
  const words = knobs.length === 1 ? '1 knob differs' : `${knobs.length} knobs differ`;
  return { spoken: words, shown: <span className="versus"> ≠ {words}</span> };
}
