/**
 * npm run oracle-plot
 *
 * Monte-Carlo values against the exact ones as K grows, at the shipped base checkpoint of chain-sum: writes
 * docs/oracle-convergence.svg and prints the numbers of docs/oracle.md.
 */
import { writeFileSync } from 'node:fs';
import { openPrefixes, groupProblem, DEFAULT_BUDGET } from '../src/core/oracle/truth.ts';
import { runEnumeration } from '../src/core/oracle/enumerate.ts';
import { hashText } from '../src/core/random.ts';
import { mean } from '../src/core/stats.ts';
import { temperatureSampling } from '../src/core/stages/temperatureSampling.ts';
import { loadTask } from '../src/core/tasks/index.ts';
import { sampleContinuations } from '../src/engine/continuations.ts';
import { createModel } from '../src/engine/createModel.ts';
import { prefixEvaluator } from '../src/engine/oracle.ts';
import { assembleBatch, sampleGroups } from '../src/engine/rollout.ts';
import { taskModelConfig } from '../src/engine/taskModel.ts';
import { readCheckpoint } from './checkpointFiles.ts';

const COUNTS = [8, 16, 32, 64, 128, 256, 512, 1024];
const MOST = COUNTS[COUNTS.length - 1];
const SEED = hashText('oracle');
const GROUPS = [0, 1];

const task = await loadTask('chain-sum');
const config = taskModelConfig(task);
const model = await createModel(config);
model.setParameters(readCheckpoint('public/checkpoints/chain-sum/base.bin', 'chain-sum', config).parameters);
const sampled = sampleGroups({
  model,
  task,
  seed: SEED,
  step: 0,
  attempt: 0,
  slots: GROUPS,
  groupSize: 8,
  baseTemperature: 1,
  stage: temperatureSampling,
  knobs: { temperature: 1 },
  state: null,
});
const batch = assembleBatch(task, model, sampled, 1);

/** |estimate − exact| by K, and the standard error that K draws of that value promise. */
const errors = COUNTS.map(() => [] as number[]);
const promised = COUNTS.map(() => [] as number[]);
let widest = 0;
for (const group of GROUPS) {
  const { prompt } = batch.groups[group];
  const prefixes = openPrefixes(batch, group);
  const tree = runEnumeration(groupProblem(task, batch, group, { ...DEFAULT_BUDGET, epsilon: 1e-4 }), prefixEvaluator(model, prompt, 1));
  const rewards = sampleContinuations({ model, task, prompt, prefixes, count: MOST, baseTemperature: 1, seed: SEED });
  prefixes.forEach((prefix, p) => {
    const exact = tree.value(prefix);
    if (!exact) throw new Error('a prefix of the group was not opened');
    widest = Math.max(widest, exact.high - exact.low);
    COUNTS.forEach((count, k) => {
      errors[k].push(mean(rewards[p].slice(0, count)) - exact.estimate);
      promised[k].push(Math.sqrt((exact.estimate * (1 - exact.estimate)) / count));
    });
  });
}
model.dispose();

const rms = (values: readonly number[]) => Math.sqrt(mean(values.map((value) => value * value)));
const measured = errors.map(rms);
const expected = promised.map(rms);
console.log(`${errors[0].length} prefixes of ${GROUPS.length} groups, exact to ${widest.toExponential(1)}`);
console.log('| K | root mean square error | standard error promised |\n|---|---|---|');
COUNTS.forEach((count, k) => console.log(`| ${count} | ${measured[k].toFixed(4)} | ${expected[k].toFixed(4)} |`));

const WIDTH = 560;
const HEIGHT = 300;
const LEFT = 62;
const BOTTOM = 48;
const x = (k: number) => LEFT + (k * (WIDTH - LEFT - 20)) / (COUNTS.length - 1);
const [low, high] = [0.005, 0.2];
const y = (value: number) => 20 + (Math.log(high / value) / Math.log(high / low)) * (HEIGHT - BOTTOM - 20);
const line = (values: readonly number[]) => values.map((value, k) => `${x(k).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
const ticks = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2];
writeFileSync(
  'docs/oracle-convergence.svg',
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="sans-serif" font-size="12">
<title>Error of Monte-Carlo values against the exact ones, by the number of continuations</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>
${ticks.map((tick) => `<line x1="${LEFT}" x2="${WIDTH - 20}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}" stroke="#dddddd"/><text x="${LEFT - 8}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${tick}</text>`).join('\n')}
${COUNTS.map((count, k) => `<text x="${x(k).toFixed(1)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${count}</text>`).join('\n')}
<text x="${(LEFT + WIDTH - 20) / 2}" y="${HEIGHT - 8}" text-anchor="middle">K, continuations of each prefix</text>
<polyline points="${line(expected)}" fill="none" stroke="#777777" stroke-dasharray="5 4" stroke-width="1.5"/>
<polyline points="${line(measured)}" fill="none" stroke="#10569e" stroke-width="2"/>
${measured.map((value, k) => `<circle cx="${x(k).toFixed(1)}" cy="${y(value).toFixed(1)}" r="3.5" fill="#10569e"/>`).join('\n')}
<text x="${WIDTH - 24}" y="36" text-anchor="end" fill="#10569e">root mean square error against exact</text>
<text x="${WIDTH - 24}" y="54" text-anchor="end" fill="#555555">dashed: standard error that K draws promise</text>
</svg>
`,
);
