import { useEffect, useMemo, useRef, useState } from 'react';
import type { RolloutBatch } from '../../core/batch.ts';
import type { Task } from '../../core/tasks/types.ts';
import { rampColour, rampPosition } from '../matrix/colours.ts';
import { columnCount, orderRows } from '../matrix/rows.ts';
import { isRight, visibleGlyph } from '../matrix/text.ts';
import type { LaneView, Theme } from '../matrix/types.ts';
import { overviewLayout } from './overviewLayout.ts';
import './overview.css';

export interface BatchOverviewProps {
  batch: RolloutBatch;
  task: Task;
  /** The lane that fills the tokens, usually the credit lane. */
  view: LaneView;
  theme: Theme;
  gamma?: 1 | 0.5;
  /** The prompt shown in the matrix. */
  group: number;
  onSelect: (group: number) => void;
}

/** Accessible name of a prompt, e.g. `prompt 3 of 8, 7+5+9+4=, 4 of 8 right`. */
export function promptName(batch: RolloutBatch, task: Task, group: number): string {
  const { prompt, start, end } = batch.groups[group];
  const right = batch.responses.slice(start, end).filter((response) => isRight(response.reward)).length;
  const text = prompt.map((token) => visibleGlyph(task.vocabulary[token] ?? '?')).join('');
  return `prompt ${group + 1} of ${batch.groups.length}, ${text}, ${right} of ${end - start} right`;
}

/** The whole batch on one canvas: a block for each prompt, a row for each response, rewards marked at the left. Buttons over the blocks choose the prompt. */
export function BatchOverview({ batch, task, view, theme, gamma = 1, group, onSelect }: BatchOverviewProps) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(640);
  const rows = useMemo(() => batch.groups.map((_, i) => orderRows(batch, i, 'reward')), [batch]);
  const layout = useMemo(
    () =>
      overviewLayout(
        rows.map((list) => ({ rows: list.length, columns: columnCount(list) })),
        width,
      ),
    [rows, width],
  );

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context) return;
    const scale = window.devicePixelRatio || 1;
    element.width = Math.ceil(layout.width * scale);
    element.height = Math.ceil(layout.height * scale);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const ink = getComputedStyle(element).color;
    for (const block of layout.blocks) {
      rows[block.group].forEach((row, i) => {
        const y = block.top + i * layout.cellHeight;
        if (isRight(row.reward)) {
          context.fillStyle = ink;
          context.fillRect(block.left, y, layout.markWidth - 1, layout.cellHeight - 1);
        }
        for (let column = 0; column < row.length; column++) {
          const value = view.values[row.start + column];
          if (Number.isNaN(value)) continue;
          context.fillStyle = rampColour(rampPosition(value, view, gamma), view.lane, theme);
          context.fillRect(block.left + layout.markWidth + column * layout.cellWidth, y, layout.cellWidth - 1, layout.cellHeight - 1);
        }
      });
    }
  }, [layout, rows, view, theme, gamma]);

  return (
    <div ref={frame} className="ov-frame">
      <div className="ov-map" style={{ width: layout.width, height: layout.height }}>
        <canvas ref={canvas} className="ov-canvas" style={{ width: layout.width, height: layout.height }} />
        <ul className="ov-list" aria-label="All prompts of the batch">
          {layout.blocks.map((block) => (
            <li key={block.group}>
              <button
                type="button"
                className="ov-block"
                aria-current={block.group === group ? 'true' : undefined}
                aria-label={promptName(batch, task, block.group)}
                title={promptName(batch, task, block.group)}
                style={{ left: block.left, top: block.top, width: block.width, height: block.height }}
                onClick={() => onSelect(block.group)}
              />
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
