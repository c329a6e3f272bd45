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

const entries = <Id extends string>(list: Readonly<Record<Id, GlossaryEntry>>): Readonly<Record<Id, GlossaryEntry>> => list;

export const GLOSSARY = entries({
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

  // Marks of the cells
  noNumber: {
    term: 'Dotted outline, no number',
    meaning: 'This lane has no number for the token, for instance because the method drops its prompt.',
  },
  masked: { term: 'Dotted outline', meaning: 'The token is left out of the loss, so the update does nothing with it.' },
  beyond: { term: 'Corner', meaning: 'The number lies beyond the end of the colour scale; the number itself is exact.' },
  wrongStep: { term: 'Underline', meaning: 'The verifier of the task says that this step of the answer is wrong.' },
  undone: { term: 'Struck through', meaning: 'The answer takes this step back later.' },
  redundant: { term: 'Dotted underline', meaning: 'The answer was already there before this token: it is not needed.' },
  single: { term: 'Thin letter', meaning: 'Only one sample goes through this prefix, so the mean is no estimate.' },
  preview: {
    term: 'Dashed outline',
    meaning: 'What the number would be at the value under the thumb of the slider, before any new sample.',
  },

  // More of the page's controls
  whatIsThis: { term: 'What is this?', meaning: 'While it is on, a click explains what it hits and does nothing else. Esc ends it.' },
  glossarySearch: { term: 'Search the words', meaning: 'Shows the words, lanes and knobs in whose name or explanation the letters occur.' },
  rooms: { term: 'Views', meaning: 'The lab, and the rooms beside it; training goes on while you look at another room.' },
  shelf: { term: 'Methods and knobs', meaning: 'Opens the list of all methods with the settings of the one that is viewed.' },
  stepBack: { term: 'Back', meaning: 'Shows the step before, as it was; nothing is trained or lost.' },
  promptStepper: { term: 'Prompt', meaning: 'Goes through the prompts of this step: the matrix shows the answers to one of them.' },
  lane: { term: 'Lane', meaning: 'One heatmap over the same tokens: each lane shows another number of every token.' },
  enlarge: { term: 'Show large', meaning: 'Gives this lane the full size of cells, with its numbers; the other lanes shrink to strips.' },
  branchesOnly: { term: 'Branches only', meaning: 'Draws only the places where the answers part ways, with the value of each branch.' },
  numbersShown: {
    term: 'Numbers shown',
    meaning: 'Credit is what the update does with a token, after ratio, clip and weight. Advantage is the estimate before them.',
  },
  compare: { term: 'Compare', meaning: 'Puts two methods, settings or models side by side over the same tokens, with their difference.' },
  compareSide: { term: 'A and B', meaning: 'What stands on each side: a method, a saved mix or another checkpoint, over the same tokens.' },
  swap: { term: 'Swap', meaning: 'Exchanges A and B, so that you go on with the other one.' },
  holdKnobs: { term: 'Hold knobs as B', meaning: 'Keeps the knobs of now as B, so that turning a knob shows what it changes.' },
  compareNumbers: { term: 'Numbers compared', meaning: 'The lane whose difference A − B is shown.' },
  differenceOnly: { term: 'A − B only', meaning: 'Shows the difference without the two lanes that it is of.' },
  remedy: { term: 'Remedy', meaning: 'Does what the text beside it proposes, so that the method can be seen on these samples.' },
  savedMix: { term: 'Mix', meaning: 'A method put together from stages of several; it can be named, saved and trained.' },
  wholeBatch: {
    term: 'Whole batch',
    meaning: 'Every prompt of this step at a glance, one line per answer. A click shows a prompt in the matrix.',
  },
  paper: { term: 'Source', meaning: 'Opens the paper or the code that this is taken from.' },
  plane: { term: 'Plane', meaning: 'Every token as a point over the two quantities by which the method decides.' },
  oracle: {
    term: 'Oracle',
    meaning: 'Works out the true advantage by trying every continuation, which only a model this small allows.',
  },
  searchMethods: { term: 'Search methods', meaning: 'Shows only the methods in whose name the letters occur.' },
  moreKnobs: { term: 'More knobs', meaning: 'Knobs that papers seldom touch.' },
  resetKnobs: { term: 'Reset', meaning: 'Puts the knobs back to the values of the method.' },
  engine: {
    term: 'Engine',
    meaning: 'What computes: WebAssembly gives the same numbers everywhere, the graphics card may differ in the last digits.',
  },
  inspector: { term: 'Inspector', meaning: 'Every number behind the credit of the pinned token, from its reward to the update.' },
  closeInspector: { term: 'Close', meaning: 'Lets go of the pinned token.' },
  formulaTerm: {
    term: 'Term of a formula',
    meaning: 'One quantity with the number that it has for this token. It rings the tokens that the number comes from.',
  },
  working: { term: 'Step by step', meaning: 'The formula of every stage with its numbers, from the advantage to the credit.' },
  curves: { term: 'Curves', meaning: 'How reward, entropy, length and other means of every step went in this run.' },
  curveTable: { term: 'Table', meaning: 'The same numbers as a table; a step that is still held can be shown again.' },
  hideParts: { term: 'Left out', meaning: 'Parts of the page that the link does not show, for a class that needs less.' },
  embed: { term: 'Frame', meaning: 'A single panel to put into slides or an article.' },
  takeAway: { term: 'Take it with you', meaning: 'Saves what is seen or its numbers as a file, with the link and where they come from.' },
  close: { term: 'Close', meaning: 'Leads back to the page as it was.' },
  notice: { term: 'Notice', meaning: 'Does what the message proposes, or puts the message away.' },

  // Scoreboard and race
  scoreboard: { term: 'Scoreboard', meaning: 'Every method on the same samples, measured against the true advantage of the tokens.' },
  creditRead: {
    term: 'Credit is read',
    meaning: 'At ratio 1 nothing is clipped and the methods differ by their advantages alone; at the last update all of it counts.',
  },
  compareGradients: { term: 'Compare gradients', meaning: 'Measures each method’s gradient on many batches against the true gradient.' },
  numbersFile: { term: 'CSV and JSON', meaning: 'Saves the numbers shown, with where they come from.' },
  worstTokens: {
    term: 'Furthest from the truth',
    meaning: 'The tokens whose credit is furthest from the true advantage. A click opens the token in the lab.',
  },
  freeze: { term: 'Score this step', meaning: 'Takes the samples of the step that the lab shows now.' },
  race: { term: 'Race', meaning: 'Methods train from the same weights with the same seeds, one after the other.' },
  entrant: { term: 'Entrant', meaning: 'A method, mix or setting that takes part in the race.' },
  raceStart: { term: 'From', meaning: 'The checkpoint that every entrant starts from.' },
  raceSeeds: { term: 'Seeds each', meaning: 'How many runs each entrant gets; the band is their 95 % interval.' },
  raceSteps: { term: 'Steps', meaning: 'How long each run trains.' },
  measuredEvery: { term: 'Measured every', meaning: 'After how many steps the model is tried on prompts that it does not train on.' },
  heldOut: { term: 'Held-out prompts', meaning: 'How many prompts that are never trained on the model is tried on.' },
  raceClear: { term: 'Clear', meaning: 'Throws the measured runs away, after asking.' },
  raceMeasure: { term: 'What is drawn', meaning: 'The mean reward, entropy or length of answers to held-out prompts.' },
  raceAxis: { term: 'Along', meaning: 'What the curves are drawn over: steps, sampled tokens, or seconds on this machine.' },
  racePlace: { term: 'Table at', meaning: 'The place of the curves whose numbers the table shows.' },

  // Lessons
  lesson: { term: 'Lesson', meaning: 'Short pages beside the live lab: each sets the page up and asks or shows one thing.' },
  lessonPages: { term: 'Pages of a lesson', meaning: 'Go through the pages of the lesson; Page up and Page down do the same.' },
  pace: {
    term: 'Pace of slow motion',
    meaning: 'How long each page stays before the next one comes. “By key” waits for you, and “pause” holds the page that is shown.',
  },
  countdown: { term: 'Countdown', meaning: 'Time for the class to choose before the answer is shown.' },
});
