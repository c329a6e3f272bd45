import { useEffect, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { formatNumber } from '../../ui/number.ts';
import { inSentence } from '../matrix/text.ts';
import type { Pin, Theme } from '../matrix/types.ts';
import { branchCount, chainTree } from './chains.ts';
import { boxModel, shown, treePicture } from './picture.ts';
import type { TreeInput } from './picture.ts';
import { BOX_HEIGHT, moveInTree } from './tidyLayout.ts';
import './tree.css';

/** Beyond this the boxes no longer fit a screen, and the icicle reads better. */
const MAX_BRANCHES = 60;

export interface TidyTreeProps extends TreeInput {
  theme: Theme;
  pin: Pin | null;
  onPin: (pin: Pin | null) => void;
}

/** The prefix tree with unary chains compressed: only the branches, which is where credit can differ. */
export function TidyTree({ batch, task, group, view, theme, pin, onPin }: TidyTreeProps) {
  const [focused, setFocused] = useState(0);
  const root = useRef<HTMLDivElement>(null);
  const input = useMemo(() => ({ batch, task, group, view }), [batch, task, group, view]);
  useEffect(() => {
    shown.tree = input;
    return () => {
      shown.tree = null;
    };
  }, [input]);
  const branches = useMemo(() => branchCount(chainTree(batch, group)), [batch, group]);
  if (branches > MAX_BRANCHES) {
    return (
      <p className="tt-note">{`This tree has ${branches} branches, too many to draw one by one. Use the merged matrix, which shows all of them.`}</p>
    );
  }
  const { boxes, width, height, count } = treePicture(input);
  const start = batch.groups[group].start;
  const current = Math.min(focused, boxes.length - 1);

  const choose = (index: number) => {
    setFocused(index);
    const { chain } = boxes[index];
    if (chain.position >= 0) onPin({ group, response: chain.responses[0] - start, position: chain.position });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') choose(current);
    else if (event.key === 'Escape' && pin) onPin(null);
    else {
      const to = moveInTree(boxes, current, event.key);
      if (to === null) return;
      setFocused(to);
      root.current?.querySelectorAll<HTMLElement>('[role="treeitem"]')[to]?.focus();
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="tt-scroll">
      <div
        ref={root}
        role="tree"
        aria-label="Prefix tree of the samples, one box per branch"
        className="tt-tree"
        style={{ width, height }}
        onKeyDown={onKeyDown}
      >
        <svg className="tt-edges" width={width} height={height} aria-hidden="true">
          {boxes.map((box) => {
            const parent = boxes[box.parent];
            if (!parent) return null;
            const x0 = parent.left + parent.width;
            const y0 = parent.top + BOX_HEIGHT / 2;
            const y1 = box.top + BOX_HEIGHT / 2;
            const middle = (x0 + box.left) / 2;
            return (
              <path
                key={box.index}
                d={`M${x0},${y0}C${middle},${y0} ${middle},${y1} ${box.left},${y1}`}
                strokeWidth={1 + (5 * box.chain.count) / count}
              />
            );
          })}
        </svg>
        {boxes.map((box) => {
          const { chain } = box;
          const { text, number, hasNumber, fill, ink, isLeaf, isRight: right } = boxModel(input, chain, theme);
          const isPinned =
            pin?.group === group &&
            chain.responses.includes(start + pin.response) &&
            pin.position >= chain.position &&
            pin.position < chain.position + chain.tokens.length;
          const label = hasNumber ? ` (${inSentence(view.lane.label)}) ${number}` : '';
          // Glyphs and numbers in the order in which they are printed: WCAG 2.5.3, label in name.
          const name = `${text}${label}, n${chain.count} ${chain.count === 1 ? 'sample' : 'samples'}, mean reward ${formatNumber(chain.value, 2)}`;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the tree handles the keys of all its items
            <div
              key={box.index}
              role="treeitem"
              aria-level={box.level}
              aria-expanded={isLeaf ? undefined : true}
              aria-selected={isPinned}
              aria-label={isLeaf ? `${name}, ${right ? 'right' : 'wrong'}` : name}
              title={text}
              tabIndex={box.index === current ? 0 : -1}
              className={`tt-box${isPinned ? ' is-pinned' : ''}${hasNumber ? '' : ' is-void'}`}
              style={{
                left: box.left,
                top: box.top,
                width: box.width,
                height: BOX_HEIGHT,
                backgroundColor: fill,
                color: ink,
              }}
              onClick={() => choose(box.index)}
            >
              <span className="tt-text">{text}</span>{' '}
              <span className="tt-number">
                {`${number}${number && ' · '}n${chain.count}`}
                {isLeaf && <b>{right ? ' ✓' : ' ✗'}</b>}
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
