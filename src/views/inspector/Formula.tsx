import { useEffect, useMemo, useRef, useState } from 'react';
import { loadKatex, plainTex, renderTex } from '../../ui/katex.ts';
import { formatCompact, formatNumber } from '../../ui/number.ts';
import { numberTex, parseTemplate, splitRemark, symbolTex } from './formulaTemplate.ts';
import type { Traced } from './trace.ts';

interface FormulaProps {
  /** KaTeX of the left side and the number it came to. */
  result: { latex: string; value: number };
  /** The result is a push on the token: its sign is printed and coloured. */
  isSigned: boolean;
  template: string;
  read: (trace: string) => Traced | null;
  /** Name of a term for a reader. */
  nameOf: (trace: string) => string;
  /** In a comparison: whether the other side has this term, and at the same number; whether the whole comes to another number. */
  differs?: (trace: string) => boolean;
  isOther?: boolean;
  /** A term is under the pointer or has the focus. */
  onTerm: (trace: string | null) => void;
}

const termOf = (target: EventTarget): HTMLElement | null => (target instanceof Element ? target.closest<HTMLElement>('[data-term]') : null);

/** One equation twice: with its symbols, and with the numbers that the stages traced for this token. Terms answer to pointer and keyboard. */
export function Formula({ result, isSigned, template, read, nameOf, onTerm, differs, isOther = false }: FormulaProps) {
  const root = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<number | null>(null);
  const parts = useMemo(() => parseTemplate(template), [template]);
  const terms = useMemo(() => parts.filter((part) => part.kind === 'term'), [parts]);
  const { equation, remark } = useMemo(() => splitRemark(parts), [parts]);
  const number = (trace: string) => read(trace)?.value ?? NaN;
  const symbols = `\\displaystyle ${result.latex} = ${symbolTex(equation)}`;
  const numbers = `\\displaystyle = ${numberTex(equation, number)}`;
  const sign = !isSigned || result.value === 0 ? '' : result.value < 0 ? 'is-negative' : 'is-positive';

  const choose = (index: number | null) => {
    setActive(index);
    onTerm(index === null ? null : (terms[index]?.trace ?? null));
  };
  const isOtherTerm = (index: number): boolean => differs?.(terms[index]?.trace ?? '') ?? false;
  const activeTerm = active === null ? undefined : terms[active];
  const activeValue = activeTerm ? read(activeTerm.trace) : null;

  useEffect(() => {
    for (const node of root.current?.querySelectorAll('[data-term]') ?? []) {
      node.classList.toggle('is-active', Number(node.getAttribute('data-term')) === active);
    }
  }, [active]);

  return (
    <div
      ref={root}
      className="formula"
      role="group"
      aria-label={`${plainTex(result.latex)} = ${formatCompact(result.value)}`}
      onPointerOver={(event) => choose(termOf(event.target) ? Number(termOf(event.target)?.dataset.term) : null)}
      onPointerLeave={() => choose(null)}
      onFocus={(event) => choose(termOf(event.target) ? Number(termOf(event.target)?.dataset.term) : null)}
      onBlur={() => choose(null)}
    >
      <Line latex={symbols} label={(index) => describe(terms[index]?.trace, read, nameOf, differs)} isOther={isOtherTerm} />
      <Line latex={numbers} isOther={isOtherTerm} />
      {remark.length > 0 && <p className="formula-remark">{plainTex(numberTex(remark, number))}</p>}
      <div className="formula-result">
        {' = '}
        <strong className={sign}>{formatNumber(result.value, 3, { sign: isSigned })}</strong>
        {isOther && <span className="formula-other">≠ differs</span>}
        <span className="formula-term">
          {activeTerm ? `${nameOf(activeTerm.trace)}: ${formatCompact(activeValue?.value ?? NaN, 4)}` : ''}
        </span>
      </div>
    </div>
  );
}

function describe(
  trace: string | undefined,
  read: FormulaProps['read'],
  nameOf: FormulaProps['nameOf'],
  differs: FormulaProps['differs'],
): string {
  if (!trace) return '';
  const traced = read(trace);
  return `${nameOf(trace)}, ${traced ? formatCompact(traced.value, 4) : 'not traced'}${differs?.(trace) ? ', differs' : ''}`;
}

/** One rendered line. With `label` its terms can be reached by keyboard; the line of numbers only answers to the pointer. */
function Line({ latex, label, isOther }: { latex: string; label?: (index: number) => string; isOther: (index: number) => boolean }) {
  const host = useRef<HTMLDivElement>(null);
  const labelOf = useRef(label);
  labelOf.current = label;
  const isOtherOf = useRef(isOther);
  isOtherOf.current = isOther;
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    let isCurrent = true;
    const plain = plainTex(latex);
    if (!element.firstChild) element.textContent = plain;
    loadKatex().then(
      (katex) => {
        if (!isCurrent) return;
        try {
          renderTex(katex, latex, element, { speech: false });
          markOthers(element, isOtherOf.current);
          fitLine(element);
          if (labelOf.current) nameTerms(element, labelOf.current);
        } catch {
          element.textContent = plain;
        }
      },
      () => {
        element.textContent = plain;
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [latex]);
  // The symbols stay while knobs move, but what they are called changes with their numbers.
  useEffect(() => {
    if (host.current) markOthers(host.current, isOther);
    if (host.current && label) nameTerms(host.current, label);
  });
  return <div ref={host} className="formula-line" aria-hidden={label ? undefined : true} />;
}

/** Marks the terms that are not the other side's. */
function markOthers(element: HTMLElement, isOther: (index: number) => boolean): void {
  for (const term of element.querySelectorAll<HTMLElement>('[data-term]')) {
    term.classList.toggle('is-other', isOther(Number(term.dataset.term)));
  }
}

/** Smallest size of a formula in rem; below it the line wraps, and what still does not fit scrolls. */
const SMALLEST = 0.7;

/** Long equations shrink a little to stay on one line; very long ones wrap at their operators. */
function fitLine(element: HTMLElement): void {
  const shrink = () => {
    element.style.fontSize = '';
    const share = element.clientWidth / element.scrollWidth;
    if (share < 1) element.style.fontSize = `${Math.max(SMALLEST, 0.99 * share)}rem`;
    return share;
  };
  element.classList.remove('is-wrapped');
  if (shrink() >= SMALLEST) return;
  element.classList.add('is-wrapped');
  shrink();
}

/** KaTeX hides its boxes from assistive technology; here the terms inside are the content, so they get names and a tab stop. */
function nameTerms(element: HTMLElement, label: (index: number) => string): void {
  element.querySelector('.katex-html')?.removeAttribute('aria-hidden');
  for (const term of element.querySelectorAll<HTMLElement>('[data-term]')) {
    term.tabIndex = 0;
    term.setAttribute('role', 'img');
    term.setAttribute('aria-label', label(Number(term.dataset.term)));
  }
}
