/** The module worker: a session for the page's run, or one runner of a race; what it is sent first decides. */
import { createModel } from './createModel.ts';
import { createGpuModel } from './gpu.ts';
import type { FromRaceWorker, FromWorker, ToRaceWorker, ToWorker } from './protocol.ts';
import { createRaceRunner } from './raceRunner.ts';
import type { RaceHost } from './raceRunner.ts';
import { createSession } from './session.ts';
import type { SessionHost } from './session.ts';

const scope = self as unknown as {
  postMessage(message: FromWorker | FromRaceWorker, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker | ToRaceWorker>) => void) | null;
};

/** A message to itself lets waiting messages from the page go first, without the 4 ms that nested timeouts cost. */
const channel = new MessageChannel();
const scheduled: (() => void)[] = [];
channel.port1.onmessage = () => scheduled.shift()?.();

const host: SessionHost & RaceHost = {
  post: (message: FromWorker | FromRaceWorker, transfer) => scope.postMessage(message, transfer),
  schedule: (task) => {
    scheduled.push(task);
    channel.port2.postMessage(null);
  },
  now: () => performance.now(),
  createModel: (config, options) => createModel(config, options),
  createGpuModel,
};

const session = createSession(host);
const racer = createRaceRunner(host);
scope.onmessage = ({ data }) => {
  if (data.kind === 'race' || data.kind === 'hold') racer.receive(data);
  else session.receive(data);
};
