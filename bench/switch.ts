/**
 * How the page answers a hand: switching the method on a whole batch of 64 × 20 tokens, dragging a credit slider for two
 * seconds (idle, and while the model trains), and what blocks the main thread in ten seconds of training.
 */
import type { Locator, Page } from 'playwright-core';
import { launchChromium } from '../scripts/chromium.ts';
import { knobSlider, openKnobs, playButton, pressPlay, stepOf, waitForStep } from '../tests/browser/page.ts';
import { serveRecording } from '../tests/browser/recording.ts';
import { CEILING, HEADLINE } from '../src/core/methods/index.ts';
import { buildAndServe } from './build.ts';
import { fullBatch } from './fullBatch.ts';
import { type BenchReport, machine } from './report.ts';
import { median, quantile, rounded } from './statistics.ts';

const SWITCHES = 40;
const DRAG_MS = 2000;
const TRAINING_MS = 10_000;
const RUNS = 3;
/** Credit knob that is dragged. */
const KNOB = 'clipHigh';

/**
 * Milliseconds from each choice of a method to the frame that shows the last change it made in the cells, through the first
 * `among` methods of the switch in turn.
 */
function timeSwitches(page: Page, among: number): Promise<number[]> {
  return page.evaluate(
    async ([count, among]) => {
      const frame = () =>
        new Promise<number>((done) => {
          requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => done(performance.now());
            port2.postMessage(null);
          });
        });
      const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
      const options = [...document.querySelectorAll<HTMLInputElement>('[role="radiogroup"][aria-label="Method"] input')].slice(0, among);
      const times: number[] = [];
      for (let i = 0; i < count; i++) {
        const option = options[(options.findIndex((candidate) => candidate.checked) + 1) % options.length];
        let last = Promise.resolve(Number.NaN);
        const observer = new MutationObserver(() => {
          last = frame();
        });
        for (const grid of document.querySelectorAll('[role="grid"]'))
          observer.observe(grid, { subtree: true, childList: true, attributes: true, characterData: true });
        const begin = performance.now();
        option.click();
        await pause(250);
        observer.disconnect();
        times.push((await last) - begin);
      }
      return times;
    },
    [SWITCHES, among] as const,
  );
}

/** Times between frames while the thumb is dragged back and forth with the mouse. */
async function timeDrag(page: Page, slider: Locator): Promise<number[]> {
  await slider.scrollIntoViewIfNeeded();
  const box = await slider.boundingBox();
  if (!box) throw new Error(`the slider ${KNOB} is not on the page`);
  const y = box.y + box.height / 2;
  const x = (phase: number) => box.x + box.width * (0.5 + 0.35 * Math.sin(phase));
  await page.mouse.move(x(0), y);
  await page.mouse.down();
  await page.evaluate(() => {
    const scope = window as unknown as { frames: number[]; isTiming: boolean };
    scope.frames = [];
    scope.isTiming = true;
    const tick = (now: number) => {
      scope.frames.push(now);
      if (scope.isTiming) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  const begin = performance.now();
  for (let now = begin; now - begin < DRAG_MS; now = performance.now()) {
    await page.mouse.move(x(((now - begin) / 1000) * 2 * Math.PI), y);
    await new Promise((done) => setTimeout(done, 8));
  }
  const frames = await page.evaluate(() => {
    const scope = window as unknown as { frames: number[]; isTiming: boolean };
    scope.isTiming = false;
    return scope.frames;
  });
  await page.mouse.up();
  return frames.slice(1).map((at, i) => at - frames[i]);
}

/** Durations of main-thread tasks over 50 ms in ten seconds of training, and how far the run got. */
async function longTasks(page: Page): Promise<{ tasks: number[]; steps: number }> {
  const from = await stepOf(page);
  await page.evaluate(() => {
    const scope = window as unknown as { longTasks: number[] };
    scope.longTasks = [];
    new PerformanceObserver((list) => scope.longTasks.push(...list.getEntries().map((entry) => entry.duration))).observe({
      type: 'longtask',
    });
  });
  await page.waitForTimeout(TRAINING_MS);
  const tasks = await page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks);
  return { tasks, steps: (await stepOf(page)) - from };
}

interface Run {
  switches: number[];
  /** With the truth among the methods: the oracle then works in the engine's worker at the same time. */
  withTruth: number[];
  idleFrames: number[];
  trainingFrames: number[];
  tasks: number[];
  steps: number;
}

async function measure(url: string): Promise<Run> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    // tsx wraps named functions in a helper of its own, which the page does not have.
    await page.addInitScript('globalThis.__name = (value) => value');
    await serveRecording(page, fullBatch());
    await page.goto(url);
    await page.getByRole('grid').getByRole('gridcell').nth(29).waitFor();
    await page.waitForLoadState('networkidle');
    const switches = await timeSwitches(page, HEADLINE.length - CEILING.length);
    const withTruth = await timeSwitches(page, HEADLINE.length);
    await openKnobs(page);
    const idleFrames = await timeDrag(page, knobSlider(page, KNOB));
    await pressPlay(page);
    await waitForStep(page, (await stepOf(page)) + 2);
    const { tasks, steps } = await longTasks(page);
    const trainingFrames = await timeDrag(page, knobSlider(page, KNOB));
    await playButton(page).click();
    return { switches, withTruth, idleFrames, trainingFrames, tasks, steps };
  } finally {
    await browser.close();
  }
}

export async function run(args: readonly string[]): Promise<BenchReport> {
  const server = await buildAndServe(args);
  const runs: Run[] = [];
  try {
    for (let i = 0; i < RUNS; i++) runs.push(await measure(server.url));
  } finally {
    await server.close();
  }
  const p95 = (pick: (run: Run) => number[]) => rounded(median(runs.map((one) => quantile(pick(one), 0.95))));
  const json = {
    p95Ms: p95((one) => one.switches),
    withTruthP95Ms: p95((one) => one.withTruth),
    longTasks: median(runs.map((one) => one.tasks.length)),
    dragIdleP95Ms: p95((one) => one.idleFrames),
    dragTrainingP95Ms: p95((one) => one.trainingFrames),
    stepsPerSecond: rounded(median(runs.map((one) => one.steps / (TRAINING_MS / 1000)))),
  };
  const worst = Math.max(0, ...runs.flatMap((one) => one.tasks));
  const text = [
    `Median of ${RUNS} runs, production build, Chromium at 1280×720, all on ${machine()}`,
    `  switch the method on 64 × 20 tokens, ${SWITCHES} times: p95 ${json.p95Ms} ms to the frame that shows it; the bar is 50 ms`,
    `  the same with the truth among them, the oracle at work meanwhile: p95 ${json.withTruthP95Ms} ms; the bar is 50 ms`,
    `  drag ${KNOB} for 2 s, idle: p95 frame ${json.dragIdleP95Ms} ms; the bar is 20 ms`,
    `  drag ${KNOB} for 2 s, while training: p95 frame ${json.dragTrainingP95Ms} ms; the bar is 34 ms`,
    `  main-thread tasks over 50 ms in 10 s of training: ${json.longTasks} (longest of all runs ${rounded(worst, 0)} ms); the bar is none`,
    `  training at ${json.stepsPerSecond} steps/s meanwhile`,
  ].join('\n');
  return { json, text };
}
