/** A race as files: a line a lap, or all of it with the commands that repeat it without a browser. */
import type { StageName } from '../core/stages/types.ts';
import type { Lap } from '../engine/protocol.ts';
import type { Entrant, RaceSetup, RaceState } from './raceTypes.ts';

const COLUMNS: readonly (keyof Lap)[] = ['step', 'reward', 'entropy', 'length', 'tokens', 'seconds'];

const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

export function raceCsv({ entrants, runs }: Pick<RaceState, 'entrants' | 'runs'>): string {
  const lines = runs.flatMap(({ entrant, seed, laps }) => {
    const label = entrants.find(({ key }) => key === entrant)?.label ?? entrant;
    return laps.map((lap) => [quoted(label), seed, ...COLUMNS.map((column) => String(lap[column]))].join(','));
  });
  return `${['method', 'seed', ...COLUMNS].join(',')}\n${lines.join('\n')}\n`;
}

/** The command that makes the same runs without a browser, number for number but for the seconds. */
export function commandOf({ method }: Entrant, setup: RaceSetup): string {
  const { task, checkpoint, settings, seeds, steps, every, prompts } = setup;
  const set = Object.entries(settings).map(([name, value]) => `--set ${name}=${value}`);
  const knobs = Object.entries(method.knobs).map(([name, value]) => `--knob ${name}=${value}`);
  const mix = (Object.entries(method.mix) as [StageName, string][]).map(([stage, id]) => `--mix ${stage}=${id}`);
  const run = `--task ${task} --checkpoint public/${checkpoint} --method ${method.id} --seeds ${seeds} --steps ${steps}`;
  return ['npm run --silent experiment --', run, `--every ${every} --prompts ${prompts} --json`, ...set, ...knobs, ...mix].join(' ');
}

export function raceJson({ setup, entrants, runs }: Pick<RaceState, 'setup' | 'entrants' | 'runs'>): string {
  const commands = setup ? entrants.map((entrant) => commandOf(entrant, setup)) : [];
  const infinite = (_: string, value: unknown) => (value === Infinity ? 'Infinity' : value);
  return JSON.stringify({ format: 'creditscope-race', version: 1, setup, entrants, commands, runs }, infinite, 1);
}
