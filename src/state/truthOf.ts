import type { Lab } from './lab.ts';
import { createTruth } from './truth.ts';
import type { Truth } from './truth.ts';

const truths = new WeakMap<Lab, Truth>();

/** The one of this lab, made when it is first asked for. */
export function truthOf(lab: Lab): Truth {
  const truth = truths.get(lab) ?? createTruth(lab);
  truths.set(lab, truth);
  return truth;
}
