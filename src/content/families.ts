import type { MethodMeta } from '../core/stages/types.ts';

/** Headings of the methods' shelf: what the methods of a family change. */
export const FAMILY_TITLES: Readonly<Record<MethodMeta['family'], string>> = {
  baseline: 'Baseline, ratio and clip',
  entropy: 'Entropy',
  tree: 'Prefix trees and groups',
  process: 'Steps and tests',
  length: 'Length and effort',
  model: 'A second model',
  preference: 'Preferences',
  truth: 'The lab’s own, and the truth',
};

/** What the numbers of a method were checked against, in plain words. */
export const STATUS_WORDS: Readonly<Record<MethodMeta['status'], string>> = {
  'authors-code': 'These numbers are checked against the authors’ own code.',
  'library-code': 'The authors have released no code: these numbers are checked against a training library’s implementation of the paper.',
  ours: 'The lab’s own: there is no paper, and no one else’s numbers to check these against.',
  reconstruction:
    'Reconstruction: the authors’ code was not available, so these numbers follow the paper’s equations and could not be checked against it.',
};
