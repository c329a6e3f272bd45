import type { CellModel } from './cells.ts';
import { PROMPT_COLUMN } from './cells.ts';
import { moveFocus } from './keyboard.ts';
import type { GridPainter } from './painter.ts';
import { EDIT_COLUMN, FLIP_COLUMN } from './painter.ts';
import type { Row } from './rows.ts';
import { createTip, tipText } from './tip.ts';
import type { MatrixPanelProps } from './types.ts';

const TIP_DELAY_MS = 100;
/** Long enough to cross the gap between a cell and its tooltip. */
const TIP_GRACE_MS = 150;

/** What the listeners read; replaced at every render, so that they are attached once. */
export interface InteractionContext {
  props: MatrixPanelProps;
  rows: readonly Row[];
}

/** The painter of each grid element of a panel. */
export type Painters = Map<HTMLElement, GridPainter>;

export interface Interaction {
  update(context: InteractionContext): void;
  dispose(): void;
}

/** Delegated listeners of the whole panel: hover with its crosshair and tooltip, pinning, row buttons, the keyboard. */
export function createInteraction(root: HTMLElement, painters: Painters): Interaction {
  const tip = createTip(root.closest('main') ?? document.body);
  let context: InteractionContext | null = null;
  let hovered: CellModel | null = null;
  let timer = 0;

  function painterOf(target: EventTarget | null): GridPainter | undefined {
    const grid = target instanceof Element ? target.closest<HTMLElement>('[role="grid"]') : null;
    return grid ? painters.get(grid) : undefined;
  }

  function later(action: () => void, delay: number): void {
    window.clearTimeout(timer);
    timer = window.setTimeout(action, delay);
  }

  function hover(cell: CellModel | null, element: HTMLElement | null): void {
    if (cell && hovered && cell.row === hovered.row && cell.column === hovered.column && cell.span === hovered.span) return;
    hovered = cell;
    const isToken = cell !== null && cell.column !== PROMPT_COLUMN;
    for (const painter of painters.values()) painter.cross(isToken ? cell : null);
    context?.props.onHover?.(isToken ? { group: context.props.group, response: cell.response, position: cell.column } : null);
    if (!cell || !element) {
      later(tip.hide, TIP_GRACE_MS);
      return;
    }
    // Once open it follows at once: the delay is there to keep a passing pointer quiet.
    later(
      () => {
        if (context && element.isConnected) tip.show(tipText(context.props, context.rows, cell), element.getBoundingClientRect());
      },
      tip.isOpen() ? 0 : TIP_DELAY_MS,
    );
  }

  function onPointerOver(event: PointerEvent): void {
    if (event.pointerType === 'touch') return;
    const hit = painterOf(event.target)?.hit(event.target);
    hover(hit?.kind === 'cell' ? hit.cell : null, hit?.kind === 'cell' ? hit.element : null);
  }

  function onPointerLeave(): void {
    hover(null, null);
  }

  function onClick(event: MouseEvent): void {
    const painter = painterOf(event.target);
    const hit = painter?.hit(event.target);
    // A finger has no hover: a tap on the row header brings the edit button out, as the focus does.
    if (!hit && event.target instanceof Element) event.target.closest('.mx-rowhead')?.querySelector<HTMLElement>('.mx-edit')?.focus();
    if (!painter || !hit || !context) return;
    const { props, rows } = context;
    if (hit.kind === 'cell') {
      painter.activate({ row: hit.cell.row, column: hit.cell.column });
      // The inspector opens with all of it, often just under the tooltip.
      window.clearTimeout(timer);
      tip.hide();
      if (hit.cell.column !== PROMPT_COLUMN) props.onPin({ group: props.group, response: hit.cell.response, position: hit.cell.column });
      return;
    }
    painter.activate({
      row: rows.findIndex((row) => row.response === hit.response),
      column: hit.kind === 'flip' ? FLIP_COLUMN : EDIT_COLUMN,
    });
    if (hit.kind === 'flip') props.onFlipReward(hit.response);
    else props.onEditResponse(hit.response);
  }

  function onFocusIn(event: FocusEvent): void {
    const painter = painterOf(event.target);
    const hit = painter?.hit(event.target);
    if (hit?.kind === 'cell' && hit.element.matches(':focus-visible')) hover(hit.cell, hit.element);
  }

  function onFocusOut(event: FocusEvent): void {
    if (!(event.relatedTarget instanceof Node && root.contains(event.relatedTarget))) hover(null, null);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (!context) return;
    if (event.key === 'Escape') {
      if (tip.isOpen()) tip.hide();
      else if (context.props.pin) context.props.onPin(null);
      else return;
      event.stopPropagation();
      return;
    }
    const painter = painterOf(event.target);
    const hit = painter?.hit(event.target);
    if (!painter || !hit || event.altKey || event.metaKey) return;
    if (event.key === 'Enter' && hit.kind === 'cell') {
      event.preventDefault();
      hit.element.click();
      return;
    }
    const to = moveFocus(painter.shape(), painter.active(), event.key, event.ctrlKey);
    if (!to) return;
    event.preventDefault();
    // Arrows are the grid's inside it: the page's own shortcuts (→ is "step") must not fire as well.
    event.stopPropagation();
    painter.activate(to);
    const element = painter.elementAt(to);
    element?.focus({ preventScroll: true });
    element?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  const onTipEnter = () => window.clearTimeout(timer);
  root.addEventListener('pointerover', onPointerOver);
  root.addEventListener('pointerleave', onPointerLeave);
  root.addEventListener('click', onClick);
  root.addEventListener('focusin', onFocusIn);
  root.addEventListener('focusout', onFocusOut);
  root.addEventListener('keydown', onKeyDown);
  tip.element.addEventListener('pointerenter', onTipEnter);
  tip.element.addEventListener('pointerleave', onPointerLeave);

  return {
    update: (next) => {
      context = next;
    },
    dispose: () => {
      window.clearTimeout(timer);
      root.removeEventListener('pointerover', onPointerOver);
      root.removeEventListener('pointerleave', onPointerLeave);
      root.removeEventListener('click', onClick);
      root.removeEventListener('focusin', onFocusIn);
      root.removeEventListener('focusout', onFocusOut);
      root.removeEventListener('keydown', onKeyDown);
      tip.remove();
    },
  };
}
