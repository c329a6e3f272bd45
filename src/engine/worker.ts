/** The module worker: one session and its messages. */
import { createModel } from './createModel.ts';
import { createGpuModel } from './gpu.ts';
import type { FromWorker, ToWorker } from './protocol.ts';
import { createSession } from './session.ts';
import type { SessionHost } from './session.ts';

const scope = self as unknown as {
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
};

/** A message to itself lets waiting messages from the page go first, without the 4 ms that nested timeouts cost. */
const channel = new MessageChannel();
const scheduled: (() => void)[] = [];
channel.port1.onmessage = () => scheduled.shift()?.();

const host: SessionHost = {
  post: (message, transfer) => scope.postMessage(message, transfer),
  schedule: (task) => {
    scheduled.push(task);
    channel.port2.postMessage(null);
  },
  now: () => performance.now(),
  createModel: (config, options) => createModel(config, options),
  createGpuModel,
};

const session = createSession(host);
scope.onmessage = (event) => session.receive(event.data);
