import type { ReactNode } from 'react';
import type { Method, StageName } from '../../core/stages/types.ts';
import { SHELF } from '../../state/shelf.ts';
import { STAGE_NAMES } from '../../state/url.ts';
import { Menu } from '../../ui/Menu.tsx';
import { Deferred } from '../app/Deferred.tsx';
import { useLab, useLabState } from '../app/labContext.ts';

const STAGE_TITLES: Readonly<Record<StageName, string>> = {
  sampling: 'Sampling',
  reward: 'Reward',
  advantage: 'Advantage',
  loss: 'Loss',
  regulariser: 'Regulariser',
};

const loadCompareRail = async () => (await import('../compare/CompareRail.tsx')).CompareRail;
const loadMixBar = async () => (await import('../compare/MixBar.tsx')).MixBar;

/** The five stages; those that the viewed method changes are lit, and one click takes a stage from another method. */
export function Rail() {
  const method = useLabState((state) => state.methods[state.viewMethod] ?? null);
  const mix = useLabState((state) => state.mix);
  const isComparing = useLabState((state) => state.compare !== null);
  const methods = useLabState((state) => state.methods);
  const isMixed = Object.keys(mix).length > 0;
  if (isComparing) return <Deferred load={loadCompareRail} className="rail rail-wait" />;
  return (
    <div className="rail">
      <ol className="rail-stages" aria-label="Pipeline stages">
        {STAGE_NAMES.map((stage) => (
          <li key={stage}>
            <StageChip stage={stage} method={method} taken={mix[stage] ? (methods[mix[stage]] ?? null) : null} methods={methods} />
          </li>
        ))}
      </ol>
      {isMixed && <Deferred load={loadMixBar} className="rail-changes" />}
      {method && !isMixed && (
        <p className="rail-changes" title={method.meta.changes}>
          {/* One child: the box that clamps would lose the space between two. */}
          <span>
            <strong>{method.meta.title}:</strong> {method.meta.changes}
          </span>
        </p>
      )}
    </div>
  );
}

interface StageChipProps {
  stage: StageName;
  /** In a comparison: what the two sides do here, where they differ. */
  versus?: { spoken: string; shown: ReactNode };
  method: Method | null;
  /** The method that this stage was taken from by the user. */
  taken: Method | null;
  methods: Readonly<Record<string, Method>>;
}

/** One stage, with the menu that takes it from another method. */
export function StageChip({ stage, method, taken, methods, versus }: StageChipProps) {
  const lab = useLab();
  const isOwn = method !== null && stage in method.stages;
  const isLit = taken !== null || isOwn;
  const others = SHELF.flatMap(({ entries }) => entries).filter(
    ({ id }) => id !== method?.meta.id && methods[id] && stage in methods[id].stages,
  );
  const title = STAGE_TITLES[stage];
  const state = taken ? `taken from ${taken.meta.title}` : isOwn ? `changed by ${method.meta.title}` : 'as usual';
  return (
    <span
      className={`stage-chip${isLit ? ' is-lit' : ''}${taken ? ' is-taken' : ''}`}
      data-stage={stage}
      data-lit={isLit}
      data-differs={versus !== undefined}
    >
      <Menu
        label={`${title}: ${versus?.spoken ?? state}. Take this stage from another method`}
        button={
          <>
            {title}
            {versus ? versus.shown : taken && <em> from {taken.meta.title}</em>}
          </>
        }
        items={[
          {
            id: 'own',
            label: isOwn ? `${method.meta.title}’s own` : 'As usual',
            checked: taken === null,
            run: () => void lab.setMix(stage, null),
          },
          ...others.map(({ id, title: name }) => ({
            id,
            label: `from ${name}`,
            checked: taken?.meta.id === id,
            run: () => void lab.setMix(stage, id),
          })),
        ]}
      />
    </span>
  );
}
