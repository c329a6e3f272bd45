/** The page's fixed sentences, in one place so that they keep one voice. */
export const STRINGS = {
  name: 'Creditscope',
  question: 'One reward at the end. Which token earned it?',
  train: 'train it',
  nextRollout: 'from the next rollout',
  recorded: (step: number) => `recorded, step ${step}`,
  noSignal: 'Every sample of this prompt has the same reward: comparing them gives no signal.',
  dropped: 'The method drops this prompt, so its tokens take no part in the update.',
  preview: 'Preview: not drawn yet.',
  edited: 'edited, not sampled',
  wouldSampleOtherwise: 'This method would have sampled otherwise; the tokens shown are those that were drawn.',
  offline: 'This part could not be loaded. Check the connection to the server and reload the page.',
  stepAnnouncement: (step: number, reward: string) => `Step ${step}, mean reward ${reward}`,
} as const;
