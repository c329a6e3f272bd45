/**
 * One plain sentence for every word that the page uses without explaining it on the spot.
 * Knobs explain themselves (`Knob.meaning`), lanes and methods too; here are the page's controls, its quantities and its symbols.
 */
export interface GlossaryEntry {
  term: string;
  /** KaTeX, where the word has a symbol. */
  symbol?: string;
  meaning: string;
}

export const GLOSSARY: Readonly<Record<string, GlossaryEntry>> = {
  // The field's words
  rollout: { term: 'Rollout', meaning: 'One answer that the model writes to a prompt, drawn token by token from its own probabilities.' },
  prompt: {
    term: 'Prompt',
    symbol: 'x',
    meaning: 'The question that the model is given; it is not part of the answer and gets no credit.',
  },
  group: {
    term: 'Group',
    symbol: 'G',
    meaning: 'All answers sampled for the same prompt in one step; most methods compare an answer with the others of its group.',
  },
  response: { term: 'Response', symbol: 'y_i', meaning: 'One answer of a group, from its first token to its end token.' },
  token: { term: 'Token', symbol: 'y_t', meaning: 'The smallest piece that the model writes: here one character.' },
  prefix: { term: 'Prefix', symbol: 's_t', meaning: 'The prompt and everything written before a token: the state in which it was chosen.' },
  policy: {
    term: 'Policy',
    symbol: '\\pi',
    meaning: 'The model seen as a rule for choosing the next token: its probabilities at the base temperature.',
  },
  reward: {
    term: 'Reward',
    symbol: 'r',
    meaning: 'What the verifier says about the whole answer once it is finished: 1 for right, 0 for wrong.',
  },
  baseline: {
    term: 'Baseline',
    symbol: 'b',
    meaning: 'What was to be expected anyway; it is subtracted so that only better than expected is rewarded.',
  },
  advantage: { term: 'Advantage', symbol: 'A', meaning: 'How much better than expected a choice turned out, as the method estimates it.' },
  credit: {
    term: 'Credit',
    meaning:
      'What the update really does with a token: minus N times the slope of the loss in its log-probability. Positive makes it likelier.',
  },
  value: { term: 'Prefix value', symbol: 'V(s)', meaning: 'The mean reward of the samples that go through this prefix.' },
  ratio: {
    term: 'Ratio',
    symbol: '\\rho',
    meaning: 'How many times likelier the current policy makes the token than the policy that sampled it.',
  },
  clip: { term: 'Clip', meaning: 'A bound on the ratio beyond which a token gets no further push in the same direction.' },
  clipped: {
    term: 'Clipped',
    meaning: 'The ratio has passed its bound, so the token has no gradient at this update; its cell is hatched.',
  },
  dualClip: {
    term: 'Dual clip',
    symbol: 'c',
    meaning: 'A second bound that keeps a bad token with a huge ratio from dominating the update.',
  },
  surrogate: { term: 'Surrogate', meaning: 'The quantity that the update really raises: ratio times advantage, with the clip.' },
  entropy: {
    term: 'Entropy',
    symbol: 'H',
    meaning: 'How undecided the model was before the token: 0 when it was certain, higher when many tokens were likely.',
  },
  kl: { term: 'KL divergence', symbol: '\\mathrm{KL}', meaning: 'How far the policy has moved from another one, in nats per token.' },
  nat: { term: 'Nat', meaning: 'The unit of natural logarithms: one nat is a factor of about 2.7 in probability.' },
  update: { term: 'Update', meaning: 'One step of the optimiser on one minibatch; a training step has several on the same rollouts.' },
  step: { term: 'Step', meaning: 'One round of training: sample answers to fresh prompts, then update the model on them.' },
  minibatch: { term: 'Minibatch', meaning: 'The share of the rollouts, in whole groups, that one update uses.' },
  noSignal: { term: 'No signal', meaning: 'All answers of the group have the same reward, so a comparison inside it says nothing.' },
  passAtK: {
    term: 'pass@k',
    meaning: 'The chance that at least one of k sampled answers is right, estimated without bias from the group.',
  },
  stage: {
    term: 'Stage',
    meaning: 'One of the five places where a method can change the update: sampling, reward, advantage, loss, regulariser.',
  },
  sampling: { term: 'Sampling', meaning: 'How the tokens are drawn, and which prompts and answers take part in the update.' },
  loss: { term: 'Loss', symbol: 'L', meaning: 'What the update makes smaller: it turns advantages and ratios into a push on every token.' },
  regulariser: {
    term: 'Regulariser',
    meaning: 'An extra term that holds the policy back, for instance near the model that it started from.',
  },
  trace: { term: 'Trace', meaning: 'The intermediate numbers that the stages recorded while they computed the credit.' },
  temperature: {
    term: 'Temperature',
    symbol: 'T',
    meaning: 'Divides the logits before sampling: above 1 the choices grow more varied, below 1 more certain.',
  },
  logit: { term: 'Logit', meaning: 'The raw score of a token before the scores are turned into probabilities.' },

  // The page's controls
  viewAs: { term: 'View as', meaning: 'Credits the rollouts on screen as this method would; nothing is sampled or trained anew.' },
  trainWith: { term: 'Train with', meaning: 'The method that the next update uses, from the next step on.' },
  mix: {
    term: 'Take a stage from another method',
    meaning: 'An ablation: one stage of this method is replaced by that of another, at once.',
  },
  play: { term: 'Train it', meaning: 'Trains the model in this browser, step after step, until you pause.' },
  singleStep: { term: 'One step', meaning: 'Samples once, updates the model on the samples and stops.' },
  reset: { term: 'Back to the checkpoint', meaning: 'Returns to the checkpoint that the run started from; the seed stays.' },
  seed: { term: 'Seed', meaning: 'The text that fixes every random draw: the same seed gives the same tokens on every machine.' },
  checkpoint: { term: 'Checkpoint', meaning: 'A stored model from some point of a training run; training can start from any of them.' },
  task: { term: 'Task', meaning: 'The kind of question that the model is asked, and the rule that checks its answers.' },
  share: { term: 'Share', meaning: 'Copies a link that reopens this very view.' },
  rowOrder: { term: 'Row order', meaning: 'Sorts the answers as sampled, by reward, or so that equal beginnings stand together.' },
  tree: { term: 'Prefix tree', meaning: 'Merges equal beginnings of the answers into one tall cell each.' },
  updateSelector: {
    term: 'Update',
    meaning: 'Chooses which of the step’s updates is shown: at the first one every ratio is 1 and nothing is clipped.',
  },
  flipReward: {
    term: 'Flip the reward',
    meaning: 'Pretends that the answer was judged the other way; all credit follows, and undo brings it back.',
  },
  editResponse: {
    term: 'Edit the response',
    meaning: 'Writes an answer by hand; the model computes its probabilities and the verifier its reward.',
  },
  pin: { term: 'Pin', meaning: 'Keeps a token open in the inspector while methods, knobs and steps change.' },
  theme: { term: 'Light or dark', meaning: 'Changes the page’s colours; by default it follows your system.' },
  shortcuts: { term: 'Keyboard shortcuts', meaning: 'Single keys for the presenter; they can be switched off.' },
  undo: { term: 'Undo', meaning: 'Takes back the last change made by hand.' },

  // The curves
  meanReward: { term: 'Mean reward', meaning: 'The share of this step’s answers that were right.' },
  meanEntropy: {
    term: 'Entropy',
    meaning: 'The mean entropy over all sampled tokens; a fall towards 0 means that the model stops trying alternatives.',
  },
  meanLength: { term: 'Length', meaning: 'The mean number of tokens of an answer.' },
  clipFraction: { term: 'Clip fraction', meaning: 'The share of tokens that were clipped at the last update of their minibatch.' },
  klToBase: { term: 'KL to base', meaning: 'How far the policy has moved from the model that training started from, in nats per token.' },
  gradientNorm: {
    term: 'Gradient norm',
    meaning: 'The length of the gradient before the optimiser uses it: a sudden rise warns of instability.',
  },
  creditAccuracy: { term: 'Credit accuracy', meaning: 'How well the method’s credit agrees with the true advantage of the tokens.' },
};

/** What the stages call their numbers, in a reader's words. Names that several methods share; the others are spelt out from their own name. */
const TRACE_NAMES: Readonly<Record<string, string>> = {
  reward: 'reward of this response',
  totalReward: 'reward of this response, all parts',
  tokenRewards: 'reward on this token',
  klReward: 'KL cost on this token',
  overlongPenalty: 'penalty for length',
  shapedReward: 'reward after the length penalty',
  groupMean: 'mean reward of the prompt’s samples',
  groupStd: 'spread of the prompt’s rewards',
  groupMetricStd: 'spread that decides whether the prompt is kept',
  groupVaries: 'the prompt’s rewards differ',
  tokenMean: 'mean over all tokens of the prompt',
  tokenStd: 'spread over all tokens of the prompt',
  baseline: 'baseline',
  returns: 'reward still to come',
  advantages: 'advantage',
  grpoAdvantages: 'group-normalised reward',
  lossAdvantages: 'advantage that the loss used',
  credit: 'credit',
  unwhitened: 'reward still to come, before whitening',
  whitenMean: 'mean over all tokens of the batch',
  whitenScale: 'spread over all tokens of the batch',
  leaveOneOut: 'reward minus the mean of the others',
  advantageMean: 'mean of the advantages',
  advantageStd: 'spread of the advantages',
  seqRatio: 'ratio of the whole response',
  seqLogRatio: 'log-ratio of the whole response',
  ratioReach: 'tokens whose slope this one carries',
  responseCount: 'responses in the minibatch',
  lossScale: 'constant length L',
  isZeroed: 'reward taken, response cut off',
  weightedReward: 'rewards times lengths',
  tokenTotal: 'tokens of the prompt’s samples',
  lengthShare: 'share of the baseline',
  oldProbability: 'probability when sampled',
  sumPiSquared: 'sum of the squared probabilities here',
  tokenEnergy: 'energy of this token',
  cumEnergy: 'energy so far',
  weightedReturns: 'returns weighted by energy',
  energySum: 'energy of all samples here',
  isTail: 'no other sample reaches this far',
  ratio: 'ratio to the sampling policy',
  logRatio: 'log of the ratio',
  lowerBound: 'lower bound of the ratio',
  upperBound: 'upper bound of the ratio',
  unclippedLoss: 'unclipped branch',
  clippedLoss: 'clipped branch',
  clipState: 'clip state',
  lossSlope: 'slope of this token’s loss',
  weight: 'weight of this token in the mean',
  tokenCount: 'tokens in the minibatch',
  valueBefore: 'value of the prefix before this token',
  valueAfter: 'value of the prefix with this token',
  countBefore: 'samples through the prefix before this token',
  countAfter: 'samples through the prefix with this token',
  td: 'change of value at this token',
  isBranch: 'samples part ways here',
  effect: 'change of log π in this step',
  oldLogprobs: 'log π when sampled',
  logprobs: 'log π at this update',
  refLogprobs: 'log π of the reference',
  samplingLogprobs: 'log-probability of the draw',
  entropies: 'entropy at this update',
  oldEntropies: 'entropy when sampled',
  entropyThreshold: 'entropy from which a token learns',
  entropyMargin: 'entropy over that threshold',
  entropyMask: 'among the most uncertain tokens',
  covariance: 'covariance term of this token',
  meanAdvantage: 'mean advantage of the minibatch',
  meanLogprob: 'mean log π of the minibatch',
  uniforms: 'random number u of this token',
  eligible: 'may be drawn',
  drawCount: 'most tokens that are drawn',
  drawn: 'drawn to be left out',
  covChoice: 'place in the draw',
  selected: 'held back',
  selectedCount: 'tokens held back',
  covPenalty: 'price of this token’s move',
  covPull: 'pull back to the sampling policy',
  chosenProbability: 'probability at this update',
  notClipped: 'not held by the clip',
  omega: 'estimated change of entropy Ω',
  omegaLeast: 'smallest |Ω| of the minibatch',
  omegaMost: 'largest |Ω| of the minibatch',
  omegaScale: 'largest |Ω|, at least 0.02',
  tokenWeights: 'weight of this token’s push',
  weightRule: 'rule that gave the weight',
  predictedTheorem: 'predicted change of entropy, theorem 1',
  predictedReleased: 'predicted change of entropy, as released',
  weightTheorem: 'weight by the theorem',
  weightReleased: 'weight as released',
  temperature: 'temperature that drew the token',
};

/** A traced quantity in words: from the list, else its own camel-case name spelt out. */
export function traceName(trace: string): string {
  if (trace.startsWith('knob:')) return `knob ${spell(trace.slice('knob:'.length))}`;
  return TRACE_NAMES[trace] ?? spell(trace);
}

function spell(name: string): string {
  return name
    .replace(/[._-]+/g, ' ')
    .replace(/([a-z\d])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)
    .trim();
}
