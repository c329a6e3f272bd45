import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readBytes } from '../scripts/checkpointFiles.ts';
import type { RolloutBatch } from '../src/core/batch.ts';
import { decodeBatch } from '../src/core/batchCodec.ts';
import { measuresFor } from '../src/core/measures.ts';
import { HEADLINE, loadMethod } from '../src/core/methods/index.ts';
import { composeMethod, computeUpdate, defaultKnobs, missingNeeds, prepareCredit } from '../src/core/pipeline.ts';
import { loadTask, TASKS } from '../src/core/tasks/index.ts';
import { decodeCheckpoint } from '../src/engine/checkpoint.ts';
import { taskModelConfig } from '../src/engine/taskModel.ts';
import { CATALOGUE_PATH, readCatalogue } from '../src/state/catalogue.ts';

/** A task comes with a base model, a recorded run and a section of the docs: this says what is missing or out of date. */
const root = fileURLToPath(new URL('..', import.meta.url));
const publicFile = (path: string) => readBytes(`${root}/public/${path}`);
const docs = readFileSync(`${root}/docs/tasks.md`, 'utf8');
const catalogue = new Map(readCatalogue(publicFile(CATALOGUE_PATH)).map((entry) => [entry.id, entry]));

const tokensOf = (batch: RolloutBatch, { start, end }: { start: number; end: number }) => Array.from(batch.tokens.subarray(start, end));

describe.each(TASKS.map(({ id }) => id))('%s', (id) => {
  const entry = catalogue.get(id);
  const recordings = entry?.checkpoints.flatMap(({ recording }) => (recording ? decodeBatch(publicFile(recording)) : [])) ?? [];

  it('says what it is, and has a section of the docs', async () => {
    const { meta } = await loadTask(id);
    expect({ id: meta.id, title: meta.title }).toEqual({ id, title: TASKS.find((line) => line.id === id)?.title });
    expect(meta.sentence).toMatch(/^[A-Z].*\.$/);
    expect(meta.legend.length).toBeGreaterThan(10);
    expect(docs).toContain(`## ${id}\n`);
  });

  it('ships a base model and checkpoints that fit it', async () => {
    const task = await loadTask(id);
    const files = [entry?.base ?? '', ...(entry?.checkpoints.map(({ checkpoint }) => checkpoint) ?? [])];
    expect(files.length).toBeGreaterThan(4);
    for (const file of files) {
      expect(existsSync(`${root}/public/${file}`), file).toBe(true);
      expect(decodeCheckpoint(publicFile(file), { task: id, config: taskModelConfig(task), name: file }).meta.task).toBe(id);
    }
  });

  it('is recorded as its verifier judges it today', async () => {
    const task = await loadTask(id);
    expect(recordings.length).toBeGreaterThan(0);
    for (const batch of recordings) {
      expect([batch.endToken, batch.maxTokens]).toEqual([task.endToken, task.maxTokens]);
      expect(batch.draw).toBeDefined();
      for (const group of batch.groups)
        expect({ effort: group.effort, query: group.query }).toEqual({ ...NO_EFFORT, ...task.effortOf?.(group.prompt) });
      for (const response of batch.responses) {
        const { reward, parts, spans } = response;
        expect({ reward, parts, spans }).toEqual({
          ...NO_EXTRAS,
          ...task.verify(batch.groups[response.group].prompt, tokensOf(batch, response)),
        });
      }
    }
  });

  it('gives what it says it provides, tests by name and words in order', async () => {
    const task = await loadTask(id);
    const grpo = await loadMethod(HEADLINE[0]);
    const [batch] = recordings;
    // What the recording itself does not hold, the engine measures.
    expect(measuresFor(missingNeeds(batch, { ...grpo, needs: task.meta.provides ?? [] }), []).unfilled).toEqual([]);
    for (const response of batch.responses) {
      expect(response.parts?.length).toBe(task.meta.tests?.length);
      const prompt = batch.groups[response.group].prompt;
      const words = task.render?.(prompt, tokensOf(batch, response)) ?? [];
      expect(words.length).toBeGreaterThan(0);
      for (const [i, { start, end, text }] of words.entries()) {
        expect(start).toBeGreaterThanOrEqual(i === 0 ? 0 : words[i - 1].end);
        expect(end).toBeGreaterThan(start);
        expect(text.length).toBeGreaterThan(0);
      }
    }
  });

  it('is recorded with updates that the method computes today, at its default knobs', async () => {
    const method = await loadMethod(HEADLINE[0]);
    const composed = composeMethod(method);
    for (const batch of recordings) {
      const defaults = defaultKnobs(method);
      expect(defaults).toMatchObject(batch.trainedWith?.knobs ?? {});
      const knobs = { ...defaults, ...batch.trainedWith?.knobs };
      const input = { batch, composed, knobs, state: null };
      const { rewards, advantages } = prepareCredit(input);
      batch.updates.forEach(({ groups, logprobs, entropies, gradLogprobs }, update) => {
        const { gradLogprobs: computed } = computeUpdate({ ...input, groups, update, rewards, advantages, logprobs, entropies });
        expect(computed).toEqual(gradLogprobs);
      });
    }
  });
});

const NO_EFFORT = { effort: undefined, query: undefined };
const NO_EXTRAS = { parts: undefined, spans: undefined };
