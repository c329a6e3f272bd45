/** Measures in a worker, where the page trains. */
import { type MeasureRequest, measure } from './measure.ts';

const scope = self as unknown as {
  postMessage(answer: { result?: unknown; error?: string }): void;
  onmessage: ((event: MessageEvent<MeasureRequest>) => void) | null;
};

scope.onmessage = ({ data }) => {
  measure(data).then(
    (result) => scope.postMessage({ result }),
    (error: Error) => scope.postMessage({ error: error.message }),
  );
};
