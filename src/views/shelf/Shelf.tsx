import { IconButton } from '../../ui/IconButton.tsx';
import { useLab } from '../app/labContext.ts';
import { EngineChoice } from './EngineChoice.tsx';
import { Knobs } from './Knobs.tsx';
import { MethodList } from './MethodList.tsx';
import './shelf.css';

/** All methods, each to view as or to train with, and the knobs of what is viewed. */
export function Shelf() {
  const lab = useLab();
  return (
    <section className="shelf" aria-label="Methods and knobs">
      <div className="panel-head">
        <h2>Methods</h2>
        <IconButton label="Fold methods and knobs" onClick={() => lab.toggleShelf()}>
          ✕
        </IconButton>
      </div>
      <MethodList />
      <div className="shelf-body">
        <Knobs />
        <EngineChoice />
      </div>
    </section>
  );
}
