/** The page around the worker: `measure` is what the benchmark calls from outside, one request at a time. */
import type { MeasureRequest } from './measure.ts';

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
const wasmBase = new URL('./', location.href).href;

Object.assign(window, {
  measure: (request: MeasureRequest) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<{ result?: unknown; error?: string }>) =>
        data.error === undefined ? resolve(data.result) : reject(new Error(data.error));
      worker.onerror = (event) => reject(new Error(`the measuring worker failed: ${event.message}`));
      worker.postMessage({ ...request, wasmBase });
    }),
});
