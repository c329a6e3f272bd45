import type { CellModel } from './cells.ts';
import type { HeaderModel } from './headers.ts';

/** Document-level helper: an element with a class and an optional role. */
export function make(tag: string, className: string, role?: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  if (role) element.setAttribute('role', role);
  return element;
}

function makeText(parent: HTMLElement, className: string): Text {
  const span = make('span', className);
  const text = document.createTextNode('');
  span.append(text);
  parent.append(span);
  return text;
}

/** One pooled cell. `model` is what was painted last: every write is compared with it first. */
export interface CellSlot {
  element: HTMLElement;
  glyph: Text;
  number: Text;
  model: CellModel | null;
  left: number;
  width: number;
  height: number;
}

export function makeCell(): CellSlot {
  const element = make('div', 'mx-cell', 'gridcell');
  element.tabIndex = -1;
  const glyph = makeText(element, 'mx-glyph');
  // Not drawn, but without it the text reads as one word: `S0.69`.
  element.append(' ');
  const number = makeText(element, 'mx-number');
  return { element, glyph, number, model: null, left: -1, width: -1, height: -1 };
}

/** Writes a model into a cell, touching the document only where something changed. Lengths are CSS px. */
export function applyCell(slot: CellSlot, next: CellModel, left: number, width: number, height: number, columnIndex: number): void {
  const { element, model: last } = slot;
  if (last?.className !== next.className) element.className = next.className;
  if (last?.glyph !== next.glyph) slot.glyph.data = next.glyph;
  if (last?.number !== next.number) slot.number.data = next.number;
  if (last?.name !== next.name) element.setAttribute('aria-label', next.name);
  if (last?.fill !== next.fill) element.style.backgroundColor = next.fill;
  if (last?.ink !== next.ink) element.style.color = next.ink;
  if (last?.bar !== next.bar && next.bar !== null) element.style.setProperty('--bar', next.bar.toFixed(3));
  if (last?.barColour !== next.barColour) element.style.setProperty('--bar-colour', next.barColour);
  if (last?.column !== next.column) element.setAttribute('aria-colindex', String(columnIndex));
  if (last?.span !== next.span) {
    if (next.span > 1) element.setAttribute('aria-rowspan', String(next.span));
    else element.removeAttribute('aria-rowspan');
  }
  if (slot.left !== left) element.style.left = `${left}px`;
  if (slot.width !== width) element.style.width = `${width}px`;
  if (slot.height !== height) element.style.height = `${height}px`;
  slot.model = next;
  slot.left = left;
  slot.width = width;
  slot.height = height;
}

/** One pooled row header: the reward's button, length, Σ credit, the edit button. */
export interface HeaderSlot {
  element: HTMLElement;
  flip: HTMLElement;
  edit: HTMLElement;
  texts: Record<'tokens' | 'sum' | 'copies' | 'reward' | 'edited' | 'hidden', Text>;
}

export function makeHeader(full: boolean): HeaderSlot {
  const element = make('div', full ? 'mx-rowhead' : 'mx-rowhead mx-hidden', 'rowheader');
  const flip = make('button', 'mx-flip');
  const edit = make('button', 'mx-edit');
  for (const button of [flip, edit]) {
    button.setAttribute('type', 'button');
    button.tabIndex = -1;
  }
  edit.append('✎');
  const words = make('span', 'mx-words');
  const texts = {
    tokens: makeText(words, 'mx-tokens'),
    copies: makeText(words, 'mx-copies'),
    reward: makeText(words, 'mx-reward'),
    edited: makeText(words, 'mx-mark-edited'),
    sum: makeText(words, 'mx-sum'),
    hidden: document.createTextNode(''),
  };
  if (full) element.append(flip, words, edit);
  else element.append(texts.hidden);
  return { element, flip, edit, texts };
}

function setText(text: Text, data: string): void {
  if (text.data !== data) text.data = data;
}

function setLabel(element: HTMLElement, name: string): void {
  if (element.getAttribute('aria-label') === name) return;
  element.setAttribute('aria-label', name);
  element.title = name;
}

export function applyHeader(slot: HeaderSlot, model: HeaderModel, full: boolean): void {
  if (!full) {
    setText(slot.texts.hidden, model.name);
    return;
  }
  const mark = model.isRight ? '✓' : '✗';
  if (slot.flip.textContent !== mark) {
    slot.flip.textContent = mark;
    slot.flip.className = model.isRight ? 'mx-flip is-right' : 'mx-flip is-not-right';
  }
  setLabel(slot.flip, model.flipName);
  setLabel(slot.edit, model.editName);
  if (slot.element.getAttribute('aria-label') !== model.name) slot.element.setAttribute('aria-label', model.name);
  setText(slot.texts.tokens, model.tokens);
  setText(slot.texts.sum, model.sum);
  setText(slot.texts.copies, model.copies);
  setText(slot.texts.reward, model.reward);
  setText(slot.texts.edited, model.isEdited ? 'edited' : '');
}
