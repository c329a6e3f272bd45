import type { RolloutBatch, RolloutGroup, RolloutResponse } from '../../core/batch.ts';
import type { Lane } from '../../core/stages/types.ts';
import type { Task } from '../../core/tasks/types.ts';

export const VOCABULARY = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '=', 'S', 'D', '>', '.'];

/** A batch written as text: one list of `[response, reward]` for each prompt. */
export function textBatch(groups: Readonly<Record<string, readonly (readonly [string, number])[]>>): RolloutBatch {
  const ids = (text: string) => [...text].map((glyph) => VOCABULARY.indexOf(glyph));
  const tokens: number[] = [];
  const responses: RolloutResponse[] = [];
  const built: RolloutGroup[] = Object.entries(groups).map(([prompt, answers], group) => {
    const start = responses.length;
    for (const [text, reward] of answers) {
      responses.push({ group, start: tokens.length, end: tokens.length + text.length, reward });
      tokens.push(...ids(text));
    }
    return { prompt: ids(prompt), start, end: responses.length };
  });
  return { groups: built, responses, tokens: Int32Array.from(tokens), fields: {}, updates: [], baseTemperature: 1 };
}

/** Eight samples: a right and a wrong branch of `S0>8>`, and four direct answers of which one is right. */
export const eight = textBatch({
  '1+9+8+3=': [
    ['S0>8>1.', 1],
    ['D7.', 0],
    ['S0>8>1.', 1],
    ['D1.', 1],
    ['S0>8>9.', 0],
    ['D9.', 0],
    ['S0>8>1.', 1],
    ['D4.', 0],
  ],
});

export const testTask: Task = {
  meta: { id: 'test', title: 'Test', sentence: '', legend: '' },
  vocabulary: VOCABULARY,
  endToken: 15,
  maxTokens: 12,
  maxPromptTokens: 8,
  samplePrompt: () => [],
  verify: () => ({ reward: 0 }),
  demonstrate: () => [],
};

export function testLane(kind: Lane['kind'], label: string, unit = ''): Lane {
  return { id: label.toLowerCase(), label, trace: 'x', unit, kind, domain: 'auto', meaning: '' };
}
