import { Fragment } from 'react';
import { formatNumber } from '../../ui/number.ts';
import type { CellRef } from '../matrix/types.ts';
import { Credit } from './Credit.tsx';
import { type CreditedSide, formulaTerms, termDiffers } from './comparedTerms.ts';
import { Part } from './Part.tsx';
import { termNames } from './termNames.ts';
import type { Located } from './trace.ts';

/** The other side (B) of a comparison. */
export interface Versus extends Omit<CreditedSide, 'credit'> {
  name: string;
  nameA: string;
  credit: CreditedSide['credit'] | null;
  /** One sentence where B has no credit. */
  lack: string;
}

interface ComparedCreditProps {
  a: CreditedSide & { name: string };
  b: Versus;
  at: Located;
  titleOf: (methodId: string) => string;
  onHighlight: (cells: readonly CellRef[] | null) => void;
}

/** Credit and advantage of both sides and their difference, then the formulas of each; terms that differ are marked ≠. */
export function ComparedCredit({ a, b, at, titleOf, onHighlight }: ComparedCreditProps) {
  const { credit } = b;
  if (!credit) {
    return (
      <Part title={`B, ${b.name}`}>
        <p>{b.lack}</p>
      </Part>
    );
  }
  const other: CreditedSide & { name: string } = { ...b, credit };
  const terms = { a: formulaTerms(a, at), b: formulaTerms(other, at) };
  const sides = [
    { letter: 'A', side: a, differs: termDiffers(terms.a, terms.b) },
    { letter: 'B', side: other, differs: termDiffers(terms.b, terms.a) },
  ];
  const rows = [
    { label: 'credit', x: a.credit.credit[at.token], y: credit.credit[at.token] },
    { label: 'advantage', x: a.credit.advantages[at.token], y: credit.advantages[at.token] },
  ];
  return (
    <>
      <Part title="Credit, A against B">
        <table className="compared" aria-label="Credit of A and B">
          <thead>
            <tr>
              <td />
              <th scope="col">A</th>
              <th scope="col">B</th>
              <th scope="col">A − B</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ label, x, y }) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                <Signed value={x} />
                <Signed value={y} />
                <Signed value={x - y} />
              </tr>
            ))}
          </tbody>
        </table>
        <p className="quiet">
          A is {a.name}, B is {b.name}. Terms marked <span className="formula-other">≠</span> are not the other side’s, or have another
          number there.
        </p>
      </Part>
      {sides.map(({ letter, side, differs }) => (
        <Fragment key={letter}>
          <Part title={`${letter}, ${side.name}`}>
            <Credit
              key={`${at.token}`}
              batch={side.batch}
              credit={side.credit}
              composed={side.composed}
              at={at}
              nameOf={termNames(side.composed)}
              titleOf={titleOf}
              onHighlight={onHighlight}
              differs={differs}
            />
          </Part>
        </Fragment>
      ))}
    </>
  );
}

function Signed({ value }: { value: number }) {
  return <td className={value < 0 ? 'is-negative' : value > 0 ? 'is-positive' : undefined}>{formatNumber(value, 3, { sign: true })}</td>;
}
