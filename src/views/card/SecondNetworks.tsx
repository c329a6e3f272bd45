import type { RunState } from '../../state/types.ts';
import { useLab, useLabState } from '../app/labContext.ts';

const count = (n: number, one: string): string => `${n.toLocaleString('en')} ${one}${n === 1 ? '' : 's'}`;

function state({ isOnline, isShared, parameters, updates, loss }: RunState['models'][number]): string {
  const size = isShared ? 'a head on the policy' : `${count(parameters, 'weight')} of its own`;
  const taken =
    updates === 0
      ? 'new: it has taken no step yet'
      : `${count(updates, 'step')} taken${loss === null ? '' : `, loss ${loss.toPrecision(2)}`}`;
  return `${size}; ${taken}; ${isOnline ? 'it learns with every step' : 'frozen'}`;
}

/** The networks that the viewed method trains beside the policy: how far they are, and back to their start. */
export function SecondNetworks() {
  const lab = useLab();
  const method = useLabState((state) => state.methods[state.viewMethod] ?? null);
  const trainMethod = useLabState((state) => state.trainMethod);
  const statuses = useLabState((state) => state.run.models);
  if (!method?.models) return null;
  const isTrained = method.meta.id === trainMethod;
  const reset = (name: string, title: string) => async () => {
    (await lab.openEngine())?.resetModel(name);
    lab.announce(`${title}: back to its start. The policy stays as it is.`);
  };
  return (
    <ul className="networks" aria-label="Second networks">
      {method.models.map(({ name, title }) => {
        const status = isTrained ? statuses.find((each) => each.name === name) : undefined;
        return (
          <li key={name}>
            <strong>{title}</strong>:{' '}
            {status ? state(status) : `a second network, made anew when training with ${method.meta.title} starts`}.
            {status && (
              <button
                type="button"
                className="button"
                aria-label={`Reset the ${title.toLowerCase()}`}
                onClick={() => void reset(name, title)()}
              >
                reset
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
