import { createElement, Fragment, useMemo } from 'react';
import { HEADLINE } from '../../core/methods/index.ts';
import { deriveCredit } from '../../state/credit.ts';
import { useLab, useLabState } from '../app/labContext.ts';
import { Deferred } from '../app/Deferred.tsx';
import { describe } from './describe.ts';
import type { Part } from './describe.ts';

const loadLack = async () => (await import('../app/Lack.tsx')).Lack;

/** One sentence filled from the trace, under the matrix; the refusal where a mix or a batch does not fit. */
export function Sentence() {
  const lab = useLab();
  const batch = useLabState((state) => state.batch);
  const task = useLabState((state) => state.task);
  const group = useLabState((state) => state.group);
  const derived = useLabState((state) => state.derived);
  const creditLane = useLabState((state) => state.creditLane);
  const covered = useLabState((state) => state.covered);
  const parts = useMemo((): readonly Part[] => {
    if (!batch || !task || !derived?.credit) return [];
    const { credit, composed } = derived;
    const { meta, trains } = composed.method;
    const flat = meta.id === HEADLINE[0] ? null : deriveCredit({ ...lab.store.getState(), mix: {} }, HEADLINE[0]);
    const { trueValueBefore: before, trueValueAfter: after } = credit.trace;
    return describe({
      batch,
      group,
      vocabulary: task.vocabulary,
      title: Object.keys(composed.lenders).length > 0 ? `${meta.title} mix` : meta.title,
      family: meta.family,
      isWithoutGradient: trains === 'model',
      values: creditLane === 'credit' ? credit.credit : credit.advantages,
      advantages: credit.advantages,
      ratios: creditLane === 'credit' ? (credit.trace.ratio?.values ?? null) : null,
      clipState: creditLane === 'credit' ? credit.clipState : new Uint8Array(credit.clipState.length),
      worth: before && after ? { before: before.values, after: after.values } : null,
      flat: flat?.credit
        ? {
            title: flat.composed.method.meta.title,
            values: creditLane === 'credit' ? flat.credit.credit : flat.credit.advantages,
            clipState: flat.credit.clipState,
          }
        : null,
    });
  }, [batch, task, group, derived, creditLane, lab]);
  if (covered === 'guess') return <p className="sentence">The credit is covered. Which token gets the most?</p>;
  if (covered) return <p className="sentence">No token has any credit yet.</p>;
  if (derived && derived.missing.length > 0) {
    return (
      <div className="sentence">
        <Deferred load={loadLack} className="sentence-wait" />
      </div>
    );
  }
  return (
    <p className="sentence">
      <span>{derived?.refusal ?? <Parts parts={parts} />}</span>
    </p>
  );
}

/** The parts of a sentence as text, names, tokens and numbers. */
export function Parts({ parts }: { parts: readonly Part[] }) {
  return createElement(Fragment, null, ...parts.map((part) => inline(part)));
}

function inline(part: Part) {
  if (part.kind === 'strong') return <strong>{part.text}</strong>;
  if (part.kind === 'code') return <code>{part.text}</code>;
  if (part.kind === 'number') return <b className={part.value < 0 ? 'is-negative' : 'is-positive'}>{part.text}</b>;
  return part.text;
}
