import { batchMean, count, number, responses, say } from './say.ts';
import type { Lesson, LessonView } from './types.ts';

const distinct = (view: LessonView): number => {
  const { tokens } = view.batch;
  return new Set(responses(view).map((row) => tokens.subarray(row.start, row.end).join())).size;
};
const batchReward = ({ batch }: LessonView): number =>
  batch.responses.reduce((sum, { reward }) => sum + reward, 0) / batch.responses.length;
/** Spread of a method's weights over the tokens of the batch: how unequally it pushes. */
const spread = (view: LessonView, name: string): number => {
  const values = (view.credit()?.trace[name]?.values ?? new Float64Array(0)).filter((value) => !Number.isNaN(value));
  return Math.max(...values) - Math.min(...values);
};
const chosen = (view: LessonView): number => {
  const choice = view.credit('clip-cov', { clipCovRatio: 0.02, covLow: 0 })?.clipState;
  return choice ? choice.filter((state) => state === 3).length : Number.NaN;
};

export const entropyCollapse: Lesson = {
  id: 'entropy-collapse',
  title: 'Entropy collapse',
  purpose: 'A policy that is certain too early stops exploring. What it looks like, and two ways to slow it down.',
  minutes: 7,
  pages: [
    {
      title: 'Before',
      set: { view: 'grpo', checkpoint: 'base', lanes: ['entropy'] },
      say: [
        say`The base model: mean entropy ${number((view) => batchMean(view, 'oldEntropies'))} nats a token, ${count(distinct)} different answers to this prompt, mean reward ${number(batchReward)}.`,
      ],
      highlight: 'lane entropy',
      holds: [{ claim: 'the base model is unsure', test: (view) => batchMean(view, 'oldEntropies') > 0.2 && distinct(view) >= 4 }],
    },
    {
      title: 'A run that collapsed',
      set: { view: 'grpo', checkpoint: 'collapsed', lanes: ['entropy'] },
      say: [
        say`This run was trained with too large a learning rate. Mean entropy ${number((view) => batchMean(view, 'oldEntropies'), { digits: 3 })} nats; ${count(distinct)} different answers to this prompt among ${count((view) => responses(view).length)}; mean reward ${number(batchReward)}. It says the same thing every time, right or wrong, so no group has anything to compare.`,
      ],
      holds: [
        { claim: 'its entropy is next to nothing', test: (view) => batchMean(view, 'oldEntropies') < 0.1 },
        { claim: 'it has stopped short of solving the task', test: (view) => batchReward(view) < 0.95 },
      ],
    },
    {
      title: 'STEER: push less where entropy would change most',
      set: { view: 'steer', lanes: ['entropy', 'weightTheorem'] },
      say: [
        say`STEER predicts how much each token’s push would change the entropy, and pushes it less the larger that change. Its weights on this step differ by ${number((view) => spread(view, 'weightTheorem'))} between tokens.`,
      ],
      highlight: 'lane weightTheorem',
      holds: [{ claim: 'the weights differ', test: (view) => spread(view, 'weightTheorem') > 0.01 }],
    },
    {
      title: 'A factor that the code leaves out',
      set: { view: 'steer', lanes: ['weightTheorem', 'weightReleased'], panels: ['shelf'] },
      say: [
        say`The theorem’s estimate has the ratio as a factor; the released code has not. Both weights stand side by side; the switch says which one trains.`,
      ],
      highlight: 'knob entropyForm',
      holds: [
        {
          claim: 'the two forms give other weights somewhere',
          test: (view) => {
            const trace = view.credit('steer')?.trace;
            const [theorem, released] = [trace?.weightTheorem?.values, trace?.weightReleased?.values];
            return Boolean(theorem && released?.some((value, t) => Math.abs(value - theorem[t]) > 1e-3));
          },
        },
      ],
      tryIt: { say: say`Switch STEER to the form as released.`, isDone: (now) => now.overrides.entropyForm === 1 },
    },
    {
      title: 'Clip-Cov: leave a few tokens out',
      set: { view: 'clip-cov', lanes: ['covariance', 'covChoice'], knobs: { clipCovRatio: 0.02, covLow: 0 }, panels: ['shelf'] },
      say: [
        say`Tokens whose probability and advantage rise together cost the most entropy. Clip-Cov leaves a few of them out of the update, drawn at random: ${count(chosen)} tokens of this batch at the share that is set here.`,
      ],
      highlight: 'lane covariance',
      holds: [{ claim: 'some tokens are left out', test: (view) => chosen(view) > 0 }],
      tryIt: { say: say`Train a few steps and watch the entropy in the curves.`, isDone: (now) => now.isLive && now.stepsTaken > 0 },
    },
  ],
  notes: [
    'The collapsed run is shipped; nobody has to wait for it.',
    'The share of Clip-Cov is set far above the paper’s here: the paper’s value is a token or two in thousands.',
  ],
  answers: [
    'It gives one answer to a prompt, so its groups have no variance and no gradient; only a mixed group could bring it back.',
    'As released, the weight no longer depends on how far the policy has moved.',
  ],
};
