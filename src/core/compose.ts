import type { ForcedField, ForcedText, RolloutBatch, Span, TokenField } from './batch.ts';
import type { ComposedMethod } from './pipeline.types.ts';
import { BASE_STAGES, STAGE_NAMES } from './stages/base.ts';
import type { Knob, KnobRequirement, KnobValues, Method, Need, StageName, Stages } from './stages/types.ts';

export type StageMix = Partial<Record<StageName, Method>>;

/** Why the stages of a mix do not fit together, in one sentence; null where they do. */
function misfit(method: Method, mix: StageMix): string | null {
  for (const [stage, lender] of Object.entries(mix)) {
    const [own, other] = [method.meta.title, lender.meta.title];
    if (lender.trains !== method.trains)
      return `The ${stage} stage of ${other} does not fit into ${own}: one of them trains the policy and the other does not.`;
    if (lender.creditShape !== method.creditShape && (stage === 'advantage' || stage === 'loss'))
      return `The ${stage} stage of ${other} does not fit into ${own}: one gives a number per token, the other one per entry of the vocabulary.`;
  }
  return null;
}

/** A method with every stage filled in; `mix` takes single stages from other methods (their base stage where they override none). Throws one sentence where the types of a mix do not fit. */
export function composeMethod(method: Method, mix: StageMix = {}): ComposedMethod {
  const problem = misfit(method, mix);
  if (problem) throw new Error(problem);
  const stages: Stages = { ...BASE_STAGES };
  const suppliers = {} as Record<StageName, string | null>;
  for (const name of STAGE_NAMES) {
    const source = mix[name] ?? method;
    Object.assign(stages, { [name]: source.stages[name] ?? BASE_STAGES[name] });
    suppliers[name] = source.stages[name] ? source.meta.id : null;
  }
  const nextState = (mix.sampling ?? method).nextState ?? method.nextState;
  const members = [...new Set([method, ...Object.values(mix)])];
  const needs = new Set(members.flatMap((member) => member.needs));
  const models = members.flatMap((member) => (member.models ?? []).filter(({ stage }) => (mix[stage] ?? method) === member));
  const twice = models.find(({ name }, i) => models.some((other, k) => k < i && other.name === name));
  if (twice)
    throw new Error(`Two of these methods bring a ${twice.title.toLowerCase()} of their own: take both of its stages from one of them.`);
  const measures = (knobs: KnobValues) => members.flatMap((member) => member.measures?.(knobs) ?? []);
  return { method, members, stages, suppliers, lenders: mix, needs, models, measures, ...(nextState ? { nextState } : {}) };
}

/** The knobs that the composed stages read, by stage, each once. */
export function knobsOf(method: Method, mix: StageMix = {}): Knob[] {
  const found = new Map<string, Knob>();
  for (const stage of STAGE_NAMES) {
    for (const knob of (mix[stage] ?? method).knobs) {
      const isRead = knob.stage === stage || knob.alsoReadBy?.includes(stage);
      if (isRead && !found.has(knob.id)) found.set(knob.id, knob);
    }
  }
  return [...found.values()].sort((a, b) => STAGE_NAMES.indexOf(a.stage) - STAGE_NAMES.indexOf(b.stage));
}

/** Default values of `knobsOf`. */
export function defaultKnobs(method: Method, mix: StageMix = {}): Record<string, number> {
  return Object.fromEntries(knobsOf(method, mix).map((knob) => [knob.id, knob.default]));
}

const hasSpans = (batch: RolloutBatch, kind: Span['kind']) =>
  batch.responses.some((response) => response.spans?.some((span) => span.kind === kind));

export const requirementsOf = ({ requires = [] }: Knob): readonly KnobRequirement[] => ('field' in requires ? [requires] : requires);

/** Enough forced texts of this kind, with this field. */
const hasForced = ({ forced }: RolloutBatch, kind: ForcedText['kind'], field: ForcedField, count: number) =>
  forced?.fields[field] !== undefined && forced.texts.filter((text) => text.kind === kind).length >= count;
const hasAnswers = (batch: RolloutBatch, field: ForcedField) => hasForced(batch, 'answer', field, batch.responses.length);

/** Names of the batch fields that the method needs at these knobs and the batch lacks; empty when it can be credited. */
export function missingNeeds(batch: RolloutBatch, method: Method, knobs: KnobValues = defaultKnobs(method)): Need[] {
  const needs = new Set<Need>(method.needs);
  for (const knob of method.knobs) {
    const value = knobs[knob.id];
    for (const { field, equals, above } of requirementsOf(knob))
      if (value === equals || (above !== undefined && value > above)) needs.add(field);
  }
  return [...needs].filter((need) => method.lacks?.(batch, need, knobs) ?? lacks(batch, need));
}

/** As `missingNeeds`, of the method and of those that lend it stages. */
export const missingFor = (batch: RolloutBatch, { members }: Pick<ComposedMethod, 'members'>, knobs: KnobValues): Need[] => [
  ...new Set(members.flatMap((member) => missingNeeds(batch, member, knobs))),
];

/** Whether the batch does not hold what the need asks for. */
export function lacks(batch: RolloutBatch, need: Need): boolean {
  if (need === 'logits' || need === 'hidden') return !batch[need];
  if (need === 'steps') return !hasSpans(batch, 'step');
  if (need === 'chunks') return !hasSpans(batch, 'chunk');
  if (need === 'answerLogprobs') return !hasAnswers(batch, 'oldLogprobs');
  if (need === 'proxyAnswerLogprobs') return !hasAnswers(batch, 'proxy.logprobs');
  if (need === 'corpusLogprobs') return !hasForced(batch, 'corpus', 'oldLogprobs', batch.groups.length);
  if (need === 'tests') return batch.responses.some(({ parts, spans }) => !parts && !spans?.some((span) => span.parts));
  // Drawn from the batch's place in the random streams where they are not given.
  if (need === 'uniforms') return false;
  if (need === 'sumPiSquared') return !batch.fields.sumPiSquared && !batch.logits;
  if (need.startsWith('measured:')) return !batch.measured?.[need.slice('measured:'.length)];
  if (need === 'greedyReward') return batch.groups.some((group) => group.greedyReward === undefined);
  if (need === 'continuations') return batch.responses.some((response) => !response.continuations);
  // Before any update the current policy is the sampling policy.
  if (need === 'logprobs') return !batch.fields.logprobs && !batch.fields.oldLogprobs;
  if (need === 'entropies') return !batch.fields.entropies && !batch.fields.oldEntropies;
  return !batch.fields[need as TokenField];
}
