/** The browser's side of `LabDeps`. The worker's client is loaded when training is first asked for, never before. */
import type { LabDeps } from './context.ts';

/** Waits after which a file is given up: a hanging server must not leave the page waiting for ever. */
const FETCH_TIMEOUT_MS = 20000;

/** Files, frames and the worker as a browser has them. */
export function browserDeps(): LabDeps {
  const base = new URL('./', document.baseURI).href;
  return {
    now: () => performance.now(),
    later: (ms, run) => void setTimeout(run, ms),
    frame: (run) => void requestAnimationFrame(run),
    async fetchFile(path) {
      let response: Response;
      try {
        response = await fetch(new URL(path, base), { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
      } catch {
        throw new Error(`${path} did not arrive. Check the connection and try again.`);
      }
      if (!response.ok) throw new Error(`${path} is missing on this server (status ${response.status}).`);
      return response.arrayBuffer();
    },
    async createEngine(handlers) {
      const { createEngineClient } = await import('../engine/client.ts');
      return createEngineClient(handlers);
    },
    wasmBase: base,
  };
}
