import { expect, it } from 'vitest';
import { METHODS } from '../src/core/methods/index.ts';
import { TASKS } from '../src/core/tasks/index.ts';
import { summarySection } from './resultsSummary.ts';

it('the first screen has a row for every task, counts against the registry, and prints no number that is none', () => {
  const text = summarySection();
  for (const { title } of TASKS) expect(text).toContain(`| [${title}](#${title.toLowerCase().replaceAll(' ', '-')}) |`);
  expect(text).toContain(` of ${METHODS.length} |`);
  expect(text).not.toMatch(/NaN|undefined|null|Infinity/);
});
