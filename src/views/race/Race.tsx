import './race.css';
import { useDeferredValue, useMemo, useState } from 'react';
import { entrantCurve, placesOf, type RaceAxis, type RaceMeasure, rowAt } from '../../state/raceCurves.ts';
import { raceCsv, raceJson } from '../../state/raceExport.ts';
import type { RaceState } from '../../state/raceTypes.ts';
import { Segmented } from '../../ui/Segmented.tsx';
import { Entrants } from './Entrants.tsx';
import { MEASURE_TITLES, RaceChart } from './RaceChart.tsx';
import { RaceControls } from './RaceControls.tsx';
import { RaceTable } from './RaceTable.tsx';
import { useRace } from './useRace.ts';

const MEASURES: readonly { id: RaceMeasure; label: string }[] = [
  { id: 'reward', label: 'reward' },
  { id: 'entropy', label: 'entropy' },
  { id: 'length', label: 'length' },
];
const AXES: readonly { id: RaceAxis; label: string; title: string }[] = [
  { id: 'step', label: 'steps', title: 'Training steps' },
  { id: 'tokens', label: 'tokens', title: 'Tokens sampled to train, those of rejected groups included' },
  { id: 'seconds', label: 'seconds', title: 'Time spent in training steps; other work on this machine makes it longer' },
];

/** Training runs of several methods from the same weights with the same seeds, side by side. */
export function Race() {
  const { race, state } = useRace();
  if (!state.setup) return <div className="room-wait" aria-busy="true" />;
  return (
    <div className="race">
      <aside className="race-side" aria-label="Entrants and settings">
        <Entrants race={race} state={state} />
        <RaceControls race={race} state={state} setup={state.setup} />
      </aside>
      <Results state={state} />
    </div>
  );
}

function Results({ state }: { state: RaceState }) {
  const [measure, setMeasure] = useState<RaceMeasure>('reward');
  const [axis, setAxis] = useState<RaceAxis>('step');
  /** Null: where the table stands by itself, as far as the runs have come. */
  const [chosen, setChosen] = useState<number | null>(null);
  const { entrants, runs, setup } = useDeferredValue(state);
  const places = useMemo(() => placesOf(runs, axis), [runs, axis]);
  const series = useMemo(
    () => entrants.map(({ key, label, line }) => ({ key, label, line, points: entrantCurve(runs, key, measure, axis, places) })),
    [entrants, runs, measure, axis, places],
  );
  const last = places.length - 1;
  // Over tokens or seconds no two entrants end at the same place: as far as all have come.
  const shared = Math.min(...series.flatMap(({ points }) => points.slice(-1).map(({ x }) => x)));
  const home =
    axis === 'step'
      ? last
      : Math.max(
          0,
          places.findLastIndex((x) => x <= shared),
        );
  const at = chosen === null ? home : nearest(places, chosen);
  const place = places[at] ?? 0;
  const entries = useMemo(
    () => entrants.map(({ key, label, line }) => ({ key, label, line, seeds: setup?.seeds ?? 0, row: rowAt(runs, key, axis, place) })),
    [entrants, runs, setup, axis, place],
  );
  const hasLaps = places.length > 0;
  return (
    <section className="race-results" aria-label="Learning curves">
      <div className="race-bar">
        <Segmented label="What is drawn" options={MEASURES} value={measure} onChange={setMeasure} />
        <Segmented
          label="Along"
          options={AXES}
          value={axis}
          onChange={(id) => {
            setAxis(id);
            setChosen(null);
          }}
        />
        <p className="quiet race-what">{MEASURE_TITLES[measure]}: mean and 95 % band over the seeds</p>
        <button type="button" className="button" disabled={!hasLaps} onClick={() => save('race.csv', 'text/csv', raceCsv(state))}>
          CSV
        </button>
        <button type="button" className="button" disabled={!hasLaps} onClick={() => save('race.json', 'application/json', raceJson(state))}>
          JSON
        </button>
      </div>
      {hasLaps ? (
        <>
          <RaceChart
            series={series}
            axis={axis}
            measure={measure}
            place={place}
            onPlace={(x) => setChosen(nearest(places, x) === home ? null : x)}
          />
          <label className="race-scrub">
            <span className="quiet">table at</span>
            <input
              type="range"
              min={0}
              max={Math.max(0, last)}
              value={at}
              aria-valuetext={`${axis} ${Math.round(place)}`}
              onChange={(event) => setChosen(event.currentTarget.valueAsNumber === home ? null : places[event.currentTarget.valueAsNumber])}
            />
            <output>{axis === 'seconds' ? place.toFixed(1) : Math.round(place)}</output>
          </label>
          <RaceTable entries={entries} axis={axis} place={place} />
        </>
      ) : (
        <p className="race-empty">
          Press <strong>Start</strong>: every method trains from the same weights with the same seeds, and is measured on prompts that none
          of them sees. The curves come as they are made; they stay when the page is reloaded.
        </p>
      )}
    </section>
  );
}

/** Index of the place nearest to x. */
function nearest(places: readonly number[], x: number): number {
  let best = 0;
  places.forEach((place, i) => {
    if (Math.abs(place - x) < Math.abs(places[best] - x)) best = i;
  });
  return best;
}

/** Hands a file to the user. */
function save(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
