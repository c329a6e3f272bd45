/** Sentences that more than one part of the page says, so that they are said alike. */
export const STRINGS = {
  nextRollout: 'from the next rollout',
  dropped: 'This prompt takes no part in the update: the method drops it, so its tokens get no credit.',
  edited: 'edited, not sampled',
  noLogits: 'These samples were stored without logits, so the other tokens’ chances are unknown.',
  tokenGone: 'This step’s samples have no such token: the response is shorter now. Pin another cell, or step back.',
} as const;
