import { useEffect } from 'react';
import { useStore } from 'zustand';
import { CEILING, HEADLINE, loadMethod } from '../../core/methods/index.ts';
import { defaultKnobs } from '../../core/pipeline.ts';
import type { Method, StageName } from '../../core/stages/types.ts';
import { browserRaceDeps } from '../../state/raceBrowser.ts';
import { createRace, entrantOf, hasBegun } from '../../state/race.ts';
import type { Race } from '../../state/race.ts';
import type { Entrant, RaceSetup, RaceState } from '../../state/raceTypes.ts';
import { trainingSettings } from '../../state/settings.ts';
import type { Lab } from '../../state/lab.ts';
import type { LabState, Mix } from '../../state/types.ts';
import { useLab, useLabState } from '../app/labContext.ts';

/** A race outlives its view: it goes on while the lab is looked at. */
const races = new WeakMap<Lab, Race>();

/** A method of the registry at its own default knobs. */
export async function entrantById(id: string): Promise<Entrant> {
  const method = await loadMethod(id);
  return entrantOf(method.meta.title, { id, knobs: defaultKnobs(method), mix: {} });
}

/** A method with stages of others, each knob at its default. */
export async function entrantOfMix(name: string, id: string, mix: Mix): Promise<Entrant> {
  const method = await loadMethod(id);
  return entrantOf(name, { id, knobs: defaultKnobs(method, await sourcesOf(mix)), mix });
}

async function sourcesOf(mix: Mix): Promise<Partial<Record<StageName, Method>>> {
  const sources: Partial<Record<StageName, Method>> = {};
  for (const [stage, id] of Object.entries(mix) as [StageName, string][]) sources[stage] = await loadMethod(id);
  return sources;
}

/** What the lab trains with at the moment: its method, the stages mixed in, and the knobs that were moved. */
export async function entrantOfLab({ trainMethod, trainMix, overrides }: LabState): Promise<Entrant> {
  const method = await loadMethod(trainMethod);
  const sources = await sourcesOf(trainMix);
  const knobs = defaultKnobs(method, sources);
  const moved = Object.keys(overrides).filter((id) => id in knobs && overrides[id] !== knobs[id]);
  for (const id of moved) knobs[id] = overrides[id];
  const parts = Object.entries(sources).map(([stage, source]) => `${source.meta.title}’s ${stage}`);
  const label = [method.meta.title, ...parts, ...moved.map((id) => `${id} ${knobs[id]}`)].join(' + ');
  return entrantOf(label, { id: trainMethod, knobs, mix: trainMix });
}

/** Where a race would start from and how it would train, as the lab stands. */
function setupOf({ taskId, checkpoints, checkpointId, baseCheckpoint, overrides }: LabState, now: RaceSetup | null): RaceSetup {
  const base = checkpoints.find(({ checkpoint }) => checkpoint === baseCheckpoint) ?? checkpoints.find(({ id }) => id === checkpointId);
  const kept = now?.task === taskId ? checkpoints.find(({ checkpoint }) => checkpoint === now.checkpoint) : undefined;
  const from = kept ?? base;
  const { seeds = 3, steps = 100, every = 10, prompts = 256 } = now ?? {};
  return {
    task: taskId,
    checkpoint: from?.checkpoint ?? '',
    checkpointLabel: from?.label ?? '',
    settings: trainingSettings(overrides),
    seeds,
    steps,
    every,
    prompts,
  };
}

/** The lab's race and its state. Until it has begun it follows the lab: its task and its settings. */
export function useRace(): { race: Race; state: RaceState } {
  const lab = useLab();
  let race = races.get(lab);
  if (!race) {
    race = createRace(browserRaceDeps());
    races.set(lab, race);
  }
  const state = useStore(race.store);
  const checkpoints = useLabState(({ checkpoints: list }) => list);
  const taskId = useLabState((now) => now.taskId);
  const overrides = useLabState((now) => now.overrides);
  const own = race;
  const isOpen = state.setup !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the task and the settings are what the race follows
  useEffect(() => {
    if (checkpoints.length === 0) return;
    const { setup } = own.store.getState();
    if (!setup) {
      const ids = [...new Set([...HEADLINE, ...CEILING])];
      void Promise.all(ids.map(entrantById)).then((entrants) => own.open(setupOf(lab.store.getState(), null), entrants));
      return;
    }
    if (hasBegun(own.store.getState())) return;
    const next = setupOf(lab.store.getState(), setup);
    if (JSON.stringify(next) !== JSON.stringify(setup)) void own.configure(next);
  }, [own, lab, isOpen, checkpoints, taskId, overrides]);
  return { race: own, state };
}
