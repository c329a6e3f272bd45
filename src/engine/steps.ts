/**
 * Work that may have to wait for a device, written once: a generator that yields every promise it needs the value of.
 * With a model that answers at once nothing is ever yielded and the work stays synchronous.
 */
export type Steps<T> = Generator<Promise<unknown>, T, unknown>;

/** The value itself, waited for where it is a promise. */
export function* settled<T>(value: T | Promise<T>): Steps<T> {
  return value instanceof Promise ? ((yield value) as T) : value;
}

/** The result of work that waits for nothing. Throws where it would have to wait. */
export function finish<T>(steps: Steps<T>): T {
  const result = steps.next();
  if (!result.done) throw new Error('This model answers later: use the asynchronous variant.');
  return result.value;
}

/** The result of work that may wait. `check` runs after every wait and may throw to give the work up. */
export async function finishLater<T>(steps: Steps<T>, check: () => void = () => {}): Promise<T> {
  let result = steps.next();
  while (!result.done) {
    let value: unknown;
    try {
      value = await result.value;
      check();
    } catch (error) {
      result = steps.throw(error);
      continue;
    }
    result = steps.next(value);
  }
  return result.value;
}

/** The steps, yielding a count in place of what they say. */
export function* counted<T>(done: number, steps: Generator<unknown, T>): Generator<number, T> {
  let step = steps.next();
  while (!step.done) {
    yield done;
    step = steps.next();
  }
  return step.value;
}
