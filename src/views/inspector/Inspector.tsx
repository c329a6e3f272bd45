import './inspector.css';
import { Fragment } from 'react';
import type { ReactNode } from 'react';
import type { RolloutBatch } from '../../core/batch.ts';
import { valueAt } from '../../core/lanes.ts';
import { exp } from '../../core/math.ts';
import type { ComposedMethod, CreditResult } from '../../core/pipeline.types.ts';
import type { Annotation, Task } from '../../core/tasks/types.ts';
import { STRINGS } from '../../content/strings.ts';
import type { Theme } from '../../ui/colour.ts';
import { IconButton } from '../../ui/IconButton.tsx';
import { formatNumber } from '../../ui/number.ts';
import { readingOf, tokenMarks } from '../matrix/marks.ts';
import { visibleGlyph } from '../matrix/text.ts';
import { Deferred } from '../app/Deferred.tsx';
import { ClipDiagram } from './ClipDiagram.tsx';
import { Credit } from './Credit.tsx';
import { clipInput } from './clipInput.ts';
import { ComparedCredit, type Versus } from './ComparedCredit.tsx';
import { Distribution } from './Distribution.tsx';
import { distributionBars, logProbabilities } from './distribution.ts';
import { Effect } from './Effect.tsx';
import { Part } from './Part.tsx';
import { Source, StageList, TraceTable } from './Provenance.tsx';
import type { CellRef } from '../matrix/types.ts';
import { TokenFigures } from './TokenFigures.tsx';
import { termNames } from './termNames.ts';
import { type Located, locate } from './trace.ts';
import { TruthPart } from './TruthPart.tsx';

const loadPlanes = async () => (await import('../plane/Planes.tsx')).Planes;

export interface InspectorProps {
  batch: RolloutBatch;
  task: Task;
  credit: CreditResult;
  composed: ComposedMethod;
  /** `response` counts within the group. */
  pin: { group: number; response: number; position: number };
  theme: Theme;
  /** What the temperature slider would do from the next rollout; outlined in the distribution. */
  previewTemperature: number | null;
  /** Title of a method by id, for stages taken from another one. */
  titleOf?: (methodId: string) => string;
  /** The other side of a comparison; the credit of both is then shown, and what parts them is marked. */
  versus?: Versus;
  onClose: () => void;
  /** Cells that the term under the pointer or focus came from; position −1 is a row's header. */
  onHighlight: (cells: readonly CellRef[] | null) => void;
}

/** Everything known about the pinned token, top to bottom: what was expected, what it was blamed for and why, what that did. */
export function Inspector(props: InspectorProps) {
  const { batch, pin, theme, onClose } = props;
  const at = locate(batch, pin);
  return (
    <section className="inspector" aria-label="Inspector" data-theme={theme}>
      {at ? (
        <Pinned {...props} at={at} />
      ) : (
        <>
          <Head title={`response ${pin.response + 1}, token ${pin.position + 1}`} glyph="–" onClose={onClose} />
          <p className="inspector-missing">{STRINGS.tokenGone}</p>
        </>
      )}
    </section>
  );
}

function Pinned({
  batch,
  task,
  credit,
  composed,
  pin,
  previewTemperature,
  titleOf,
  versus,
  onClose,
  onHighlight,
  theme,
  at,
}: InspectorProps & { at: Located }) {
  const glyphOf = (id: number) => visibleGlyph(task.vocabulary[id] ?? '?');
  const { method } = composed;
  const title = titleOf ?? ((id: string) => (id === method.meta.id ? method.meta.title : id));
  const nameOf = termNames(composed);
  const token = batch.tokens[at.token];
  const clip = clipInput(batch, credit, at);
  const field = (name: 'temperature' | 'samplingLogprobs' | 'oldLogprobs') => batch.fields[name]?.[at.token] ?? null;
  const { logits, logitsAfter, baseTemperature } = batch;

  return (
    <>
      <Head title={`response ${pin.response + 1}, token ${pin.position + 1}`} glyph={glyphOf(token)} onClose={onClose}>
        <Context batch={batch} task={task} at={at} glyphOf={glyphOf} />
      </Head>
      <div className="inspector-body">
        <Reading reading={readingOf(batch, task, at.response)} position={at.token - batch.responses[at.response].start} />
        <Part title="What the model expected">
          {logits ? (
            <Distribution
              bars={distributionBars(logits, at.token, token, baseTemperature, previewTemperature)}
              glyphOf={glyphOf}
              baseTemperature={baseTemperature}
              drawn={{ temperature: field('temperature'), logprob: field('samplingLogprobs'), oldLogprob: field('oldLogprobs') }}
              previewTemperature={previewTemperature}
            />
          ) : (
            <p className="quiet">{STRINGS.noLogits}</p>
          )}
        </Part>
        {versus ? (
          <ComparedCredit
            a={{ batch, credit, composed, name: versus.nameA }}
            b={versus}
            at={at}
            titleOf={title}
            onHighlight={onHighlight}
          />
        ) : (
          <Part title={`Credit under ${method.meta.title}${Object.keys(composed.lenders).length > 0 ? ', mixed' : ''}`}>
            <Credit batch={batch} credit={credit} composed={composed} at={at} nameOf={nameOf} titleOf={title} onHighlight={onHighlight} />
          </Part>
        )}
        <TruthPart batch={batch} at={at} glyphOf={glyphOf} />
        {method.planes && (
          <section className="part">
            <Deferred load={loadPlanes} className="plane-wait" />
          </section>
        )}
        <TokenFigures
          figures={
            method.figures?.({
              batch,
              knobs: credit.knobs,
              trace: credit.trace,
              vocabulary: task.vocabulary.length,
              token: at.token,
              response: at.response,
            }) ?? []
          }
          glyphOf={glyphOf}
          theme={theme}
        />
        {clip && (
          <Part title={versus ? `Clip of A, ${versus.nameA}` : 'Clip'} aside={`ratio ${formatNumber(clip.ratio, 3)}`}>
            <ClipDiagram {...clip} />
          </Part>
        )}
        {logits && logitsAfter && (
          <Part title="Effect of this step">
            <EffectOf
              logits={logits}
              logitsAfter={logitsAfter}
              change={valueAt('effect', batch, credit, at.token)}
              at={at}
              token={token}
              temperature={baseTemperature}
            />
          </Part>
        )}
        <Part title="Stages">
          <StageList composed={composed} titleOf={title} />
        </Part>
        <TraceTable batch={batch} credit={credit} at={at} nameOf={nameOf} />
        <Part title="Source">
          <Source meta={method.meta} />
        </Part>
      </div>
    </>
  );
}

function EffectOf({ logits, logitsAfter, change, at, token, temperature }: EffectOfProps) {
  const [before, after] = [logits, logitsAfter].map((matrix) => exp(logProbabilities(matrix, at.token, temperature)[token]));
  return <Effect change={change} before={before} after={after} />;
}

interface EffectOfProps {
  logits: NonNullable<RolloutBatch['logits']>;
  logitsAfter: NonNullable<RolloutBatch['logits']>;
  change: number;
  at: Located;
  token: number;
  temperature: number;
}

function Head({ title, glyph, onClose, children }: { title: string; glyph: string; onClose: () => void; children?: ReactNode }) {
  return (
    <header className="inspector-head">
      <span className="token-box" aria-hidden="true">
        {glyph}
      </span>
      <div>
        <h2>{title}</h2>
        {children}
      </div>
      <IconButton label="Close the inspector" onClick={onClose}>
        ✕
      </IconButton>
    </header>
  );
}

/** Prompt and response as one line with the token marked. */
function Context({ batch, task, at, glyphOf }: { batch: RolloutBatch; task: Task; at: Located; glyphOf: (id: number) => string }) {
  const { start, end, truncated, edited } = batch.responses[at.response];
  const marks = tokenMarks(batch, task, at.group);
  return (
    <p className="context">
      <span className="context-prompt">{batch.groups[at.group].prompt.map(glyphOf).join('')}</span>
      {Array.from(batch.tokens.subarray(start, end), (token, position) => {
        const t = start + position;
        const className = marks.has(t) ? [...(marks.get(t) ?? [])].map((mark) => `reads-${mark}`).join(' ') : undefined;
        const key = `${position}`;
        return t === at.token ? (
          <mark key={key} className={className}>
            {glyphOf(token)}
          </mark>
        ) : (
          <span key={key} className={className}>
            {glyphOf(token)}
          </span>
        );
      })}
      {truncated && <span className="quiet"> cut off</span>}
      {edited && <span className="quiet"> {STRINGS.edited}</span>}
    </p>
  );
}

/** The response in words, where its task has them; the stretch that holds the token stands out. */
function Reading({ reading, position }: { reading: readonly Annotation[]; position: number }) {
  if (reading.length === 0) return null;
  return (
    <p className="reading">
      <span className="quiet">reads as </span>
      {reading.map(({ start, end, text, mark }, i) => (
        <Fragment key={`${start} ${end}`}>
          {i > 0 && ' · '}
          <span className={position >= start && position < end ? 'is-here' : undefined}>
            <span className={mark && `reads-${mark}`}>{text}</span>
          </span>
        </Fragment>
      ))}
    </p>
  );
}
