import { slowMotion } from './slowMotion.ts';
import type { Lesson } from './types.ts';

interface LessonEntry extends Pick<Lesson, 'id' | 'title' | 'purpose' | 'minutes'> {
  load: () => Promise<Lesson>;
}

/** The lessons, in the order in which they build on each other; their pages come when one is opened. */
export const LESSONS: readonly LessonEntry[] = [
  {
    id: 'one-reward',
    title: 'One reward, many tokens',
    purpose: 'A verifier gives one number for a whole answer. What should each token be told?',
    minutes: 6,
    load: async () => (await import('./oneReward.ts')).oneReward,
  },
  {
    id: 'baseline',
    title: 'The baseline and the group',
    purpose: 'Better than what? A baseline turns a reward into news, and a group of equals has none.',
    minutes: 5,
    load: async () => (await import('./baseline.ts')).baseline,
  },
  {
    id: 'prefix-tree',
    title: 'The prefix tree',
    purpose: 'Samples that begin alike are a tree. Where they part, the rewards say which branch was better.',
    minutes: 6,
    load: async () => (await import('./prefixTree.ts')).prefixTree,
  },
  {
    id: 'ratio-and-clip',
    title: 'Ratio and clip',
    purpose: 'Samples are used several times. The clip says when a token has been pushed far enough.',
    minutes: 7,
    load: async () => (await import('./ratioAndClip.ts')).ratioAndClip,
  },
  {
    id: 'length',
    title: 'Length and aggregation',
    purpose: 'How a loss is averaged decides what a token of a long answer is worth.',
    minutes: 6,
    load: async () => (await import('./lengthAndAggregation.ts')).lengthAndAggregation,
  },
  {
    id: 'entropy',
    title: 'Entropy and temperature',
    purpose: 'Where the model was unsure a choice was made. HAPO treats those tokens differently, at every stage.',
    minutes: 7,
    load: async () => (await import('./entropyAndTemperature.ts')).entropyAndTemperature,
  },
  {
    id: 'entropy-collapse',
    title: 'Entropy collapse',
    purpose: 'A policy that is certain too early stops exploring. What it looks like, and two ways to slow it down.',
    minutes: 7,
    load: async () => (await import('./entropyCollapse.ts')).entropyCollapse,
  },
  {
    id: 'dense-rewards',
    title: 'Dense rewards from nothing',
    purpose: 'PRIME learns a reward for every token from nothing but right and wrong answers.',
    minutes: 7,
    load: async () => (await import('./denseRewards.ts')).denseRewards,
  },
  {
    id: 'overthinking',
    title: 'Overthinking',
    purpose: 'Checking a right result again and again costs tokens. DECS pays less for it, with a surprise.',
    minutes: 6,
    load: async () => (await import('./overthinking.ts')).overthinking,
  },
  {
    id: 'how-wrong',
    title: 'How wrong is each?',
    purpose: 'The model is small enough to know the truth. Which scheme comes closest to it, and does that pay?',
    minutes: 8,
    load: async () => (await import('./howWrong.ts')).howWrong,
  },
  {
    id: 'paper-and-code',
    title: 'Paper against code',
    purpose: 'Where a paper says one thing and its code does another, the lab has a switch. What each one changes.',
    minutes: 9,
    load: async () => (await import('./paperAndCode.ts')).paperAndCode,
  },
];

/** Takes the view on the screen apart; no lesson of the list. */
export const SLOW_MOTION = 'slow-motion';

/** Null where there is no such lesson. `maxTokens` is the task's. */
export async function loadLesson(id: string, maxTokens: number): Promise<Lesson | null> {
  if (id === SLOW_MOTION) return slowMotion(maxTokens);
  return (await LESSONS.find((entry) => entry.id === id)?.load()) ?? null;
}
