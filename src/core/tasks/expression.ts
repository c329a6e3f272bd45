/**
 * Exact integer arithmetic over expressions such as `2*3+7`: numbers 1-9 joined by + - *, the product binding
 * tighter, no parentheses.
 */

export type Operator = '+' | '-' | '*';
export const OPERATORS: readonly Operator[] = ['+', '-', '*'];

/** Value of `numbers[0] op[0] numbers[1] op[1] …` with the usual precedence. */
export function evaluate(numbers: readonly number[], operators: readonly Operator[]): number {
  let sum = 0;
  let term = numbers[0];
  for (let i = 0; i < operators.length; i++) {
    const next = numbers[i + 1];
    if (operators[i] === '*') {
      term *= next;
    } else {
      sum += term;
      term = operators[i] === '+' ? next : -next;
    }
  }
  return sum + term;
}

/** The numbers and operators of a text, or null where it is not numbers of one digit joined by operators. */
export function parseExpression(glyphs: readonly string[]): { numbers: number[]; operators: Operator[] } | null {
  if (glyphs.length % 2 === 0) return null;
  const numbers: number[] = [];
  const operators: Operator[] = [];
  for (let i = 0; i < glyphs.length; i++) {
    if (i % 2 === 0) {
      if (!/^[0-9]$/.test(glyphs[i])) return null;
      numbers.push(Number(glyphs[i]));
    } else {
      const operator = OPERATORS.find((o) => o === glyphs[i]);
      if (!operator) return null;
      operators.push(operator);
    }
  }
  return { numbers, operators };
}

/** `pool` without one copy of each of `used`, or null where `used` holds a number that the pool lacks. */
export function without(pool: readonly number[], used: readonly number[]): number[] | null {
  const left = [...pool];
  for (const number of used) {
    const at = left.indexOf(number);
    if (at < 0) return null;
    left.splice(at, 1);
  }
  return left;
}

/** Every way to go on from a prefix with all numbers of the pool, each once; `visit` returns true to stop. Equal numbers are not repeated. */
export function visitCompletions(
  prefix: { numbers: readonly number[]; operators: readonly Operator[] },
  pool: readonly number[],
  visit: (numbers: readonly number[], operators: readonly Operator[]) => boolean,
): boolean {
  const numbers = [...prefix.numbers];
  const operators = [...prefix.operators];
  const go = (left: readonly number[]): boolean => {
    if (left.length === 0) return visit(numbers, operators);
    for (let i = 0; i < left.length; i++) {
      if (left.indexOf(left[i]) < i) continue;
      const rest = left.filter((_, j) => j !== i);
      numbers.push(left[i]);
      const choices: readonly (Operator | null)[] = numbers.length === 1 ? [null] : OPERATORS;
      for (const operator of choices) {
        if (operator) operators.push(operator);
        if (go(rest)) return true;
        if (operator) operators.pop();
      }
      numbers.pop();
    }
    return false;
  };
  return go(pool);
}
