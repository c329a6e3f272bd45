/** What a method asks of a batch, in words, and what gives it: another task, or one step of training. */
import type { Method, Need } from '../core/stages/types.ts';
import type { TaskEntry } from './types.ts';

/** Needs that a task fills or nobody does. */
const TASK_NEEDS: Readonly<Partial<Record<Need, string>>> = {
  steps: 'samples whose steps are each known to be right or wrong',
  chunks: 'samples of which is known what was not needed any more',
  tests: 'several test results for each sample',
  answerLogprobs: 'how likely the reference answer is after each reasoning',
  proxyAnswerLogprobs: 'how likely a lagged copy of the model finds the reference answer after each reasoning',
  corpusLogprobs: 'a text of an unlabelled corpus for each prompt, and how likely it is',
};

/** Needs that the engine fills while it trains. */
const FIELDS: Readonly<Partial<Record<Need, string>>> = {
  samplingLogprobs: 'the log-probabilities of the draw',
  oldLogprobs: 'the log-probabilities of the samples',
  logprobs: 'the log-probabilities before each update',
  refLogprobs: 'the log-probabilities of the reference model',
  entropies: 'the entropies before each update',
  oldEntropies: 'the entropies of the samples',
  values: 'a critic’s value for each token',
  logits: 'the logits of every token',
  hidden: 'the hidden states of every token',
  importance: 'what each token means for the answer',
  greedyReward: 'the reward of the greedy answer',
  continuations: 'fresh continuations from the prefixes of each sample',
  sumPiSquared: 'the sum of squared probabilities at each token',
  temperature: 'the temperature of each draw',
  trueValues: 'the true value of each prefix',
  trueAdvantages: 'the true advantage of each token',
  uniforms: 'a random draw for each token',
};

const listed = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`;

type NeedWords = NonNullable<Method['needWords']>;

/** The needs in words; a method has `own` ones for what only it needs. */
export const needWords = (needs: readonly Need[], own: NeedWords = {}): string =>
  listed(needs.map((need) => own[need] ?? TASK_NEEDS[need] ?? FIELDS[need] ?? need));

/** One sentence without its remedy: "X needs a value for each token, which this batch does not hold." Empty where nothing is missing. */
export function needSentence(title: string, missing: readonly Need[], own: NeedWords = {}): string {
  return missing.length > 0 ? `${title} needs ${needWords(missing, own)}, which this batch does not hold.` : '';
}

/** What would fill the gaps: the tasks that provide all of them, or a step of training with the method. */
export interface Remedy {
  tasks: readonly TaskEntry[];
  canTrain: boolean;
}

/** @param taskId the present task: where it provides what is missing, this recording is older than that */
export function remedyFor(missing: readonly Need[], tasks: readonly TaskEntry[], trains: Method['trains'], taskId: string): Remedy {
  const givers = tasksFor(missing, tasks);
  if (givers && !givers.some(({ id }) => id === taskId)) return { tasks: givers, canTrain: false };
  return { tasks: [], canTrain: missing.length > 0 && trains !== 'nothing' };
}

/** The tasks that tell what these needs ask of a task; null where they ask nothing of it. */
export function tasksFor(needs: readonly Need[], tasks: readonly TaskEntry[]): readonly TaskEntry[] | null {
  const asked = needs.filter((need) => need in TASK_NEEDS);
  return asked.length === 0 ? null : tasks.filter(({ provides }) => asked.every((need) => provides?.includes(need)));
}
