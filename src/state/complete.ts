/** What the viewed method needs and the shown batch lacks, computed by the worker. Loaded when it is first asked for. */
import { decodeBatch } from '../core/batchCodec.ts';
import { encodeBatch } from '../core/batchEncoder.ts';
import type { RolloutBatch } from '../core/batch.ts';
import { deriveCredit } from './credit.ts';
import { drawnBy } from './drawnBy.ts';
import { applyEdits } from './edits.ts';
import type { Lab } from './lab.ts';
import { needSentence } from './needs.ts';

const OTHER_WEIGHTS =
  'The weights that drew these samples are not kept with this recording: the numbers come from the model after its step, which is nearly the same.';

/** The completed batch in the place of the one that was sent; edits stay on top of it. */
function show(lab: Lab, sampled: RolloutBatch): void {
  const state = lab.store.getState();
  const next = { ...state, sampled, batch: applyEdits(sampled, state.edits) };
  lab.store.setState({ sampled, batch: next.batch, derived: deriveCredit(next, state.viewMethod) });
}

/** Asks the worker, and shows what it answers. Nothing is lost where it fails. */
export async function completeShown(lab: Lab): Promise<void> {
  const { sampled, derived, viewMethod, mix, source, checkpointId } = lab.store.getState();
  if (!sampled || !derived) return;
  const engine = await lab.openEngine();
  if (!engine) return;
  try {
    const { weights, isOwn } = await drawnBy(lab, { batch: sampled, source, checkpointId });
    const completed = decodeBatch(await engine.complete(encodeBatch(sampled), weights, { id: viewMethod, knobs: derived.knobs, mix }));
    if (lab.store.getState().sampled !== sampled)
      throw new Error('Another batch came on the screen meanwhile. Pause the training and try again.');
    show(lab, completed);
    lab.dismiss('complete');
    if (!isOwn) lab.notify({ id: 'complete', level: 'info', text: OTHER_WEIGHTS });
    const { title } = derived.composed.method.meta;
    const missing = lab.store.getState().derived?.missing ?? [];
    lab.announce(missing.length > 0 ? needSentence(title, missing) : `${title} has what it needs.`);
  } catch (error) {
    lab.notify({
      id: 'complete',
      level: 'error',
      text: `It could not be computed: ${(error as Error).message}`,
      action: { label: 'Try again', run: () => void completeShown(lab) },
    });
  }
}
