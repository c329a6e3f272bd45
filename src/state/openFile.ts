/** A file that the user brings: a saved session, or rollouts in the JSON form of the command line. */
import { batchFromJson } from '../core/batchJson.ts';
import type { RolloutBatch } from '../core/batch.ts';
import { loadTask, TASKS } from '../core/tasks/index.ts';
import type { Lab } from './lab.ts';
import { captureSession, goToTask, misfit, openSession } from './session.ts';
import { decodeSession, isSession } from './sessionFile.ts';
import type { Session } from './sessionFile.ts';

/** Larger files are none of ours: the largest session is some megabytes. */
const MAX_BYTES = 100_000_000;

/** The first task that the batch fits, those asked for first. Rejects with what is wrong with each. */
async function taskFor(batch: RolloutBatch, wanted: readonly string[]): Promise<string> {
  const problems: string[] = [];
  for (const id of new Set([...wanted, ...TASKS.map((entry) => entry.id)])) {
    const problem = misfit(batch, await loadTask(id));
    if (!problem) return id;
    problems.push(problem);
  }
  throw new Error(`it fits no task of this page: ${problems[0]}`);
}

async function openRollouts(lab: Lab, text: string, name: string): Promise<string> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error('it is neither a session saved by this page nor JSON');
  }
  if (json !== null && typeof json === 'object' && 'cases' in json)
    throw new Error('it is a file of test cases, not of rollouts; the command line reads it');
  const batch = batchFromJson(json);
  const said = (json as { about?: { task?: unknown; step?: unknown } }).about ?? {};
  const asked = TASKS.filter(({ id }) => id === said.task).map(({ id }) => id);
  const taskId = await taskFor(batch, [...asked, lab.store.getState().taskId]);
  await goToTask(lab, taskId);
  lab.pause();
  // A name of its own: what is known of other samples must not be taken for known of these.
  const snapshots = { before: `file ${name}` };
  const step = typeof said.step === 'number' && Number.isInteger(said.step) && said.step >= 0 ? said.step : (batch.draw?.step ?? 0);
  lab.store.setState({ pin: null, group: 0, update: 'last', workspace: 'lab', compare: null });
  lab.showBatch({ ...batch, snapshots }, { source: 'opened', step });
  const { groups, responses } = batch;
  return `${name}: ${groups.length} ${groups.length === 1 ? 'prompt' : 'prompts'}, ${responses.length} samples.`;
}

/** Opens a session, and offers the way back to what was on the screen. Resolves to the problem, or null. */
export async function openKeeping(lab: Lab, what: string, open: () => Promise<string>): Promise<string | null> {
  let before: Session | null = null;
  try {
    if (lab.store.getState().sampled) before = await captureSession(lab, '', '').catch(() => null);
    const said = await open();
    const back = before;
    lab.notify({
      id: 'opened',
      level: 'info',
      text: `Opened ${said}`,
      ...(back
        ? {
            action: {
              label: 'Back to what was there',
              run: () => {
                lab.dismiss('opened');
                void openSession(lab, back).catch((error: Error) => lab.notify({ id: 'opened', level: 'error', text: error.message }));
              },
            },
          }
        : {}),
    });
    lab.announce(`Opened ${said}`);
    lab.setShare(false);
    return null;
  } catch (error) {
    const text = `${what} could not be opened: ${(error as Error).message.replace(/\.$/, '')}. What is on screen stays.`;
    lab.notify({ id: 'opened', level: 'error', text });
    return text;
  }
}

export async function openSaved(lab: Lab, session: Session): Promise<string | null> {
  return openKeeping(lab, `“${session.name}”`, async () => {
    await openSession(lab, session);
    return `“${session.name}”, step ${session.step}.`;
  });
}

/** Whatever the user dropped or chose. Resolves to the problem in a sentence, which has been told, or null. */
export async function openFile(lab: Lab, file: Pick<File, 'name' | 'size' | 'arrayBuffer'>): Promise<string | null> {
  return openKeeping(lab, file.name, async () => {
    if (file.size > MAX_BYTES) throw new Error('it is larger than any file of this page');
    const bytes = await file.arrayBuffer();
    if (!isSession(bytes)) return openRollouts(lab, new TextDecoder().decode(bytes), file.name);
    const session = decodeSession(bytes, 'the file');
    await openSession(lab, session);
    return `“${session.name}”, step ${session.step}.`;
  });
}
