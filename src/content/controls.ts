/**
 * Which glossary entry explains what on the page. Knobs, lanes and measures explain themselves (`data-meaning` on their
 * element); the rest is found here, by selector and, where buttons differ in nothing else, by the beginning of their name.
 */
import type { GLOSSARY } from './glossary.ts';

export type GlossaryId = keyof typeof GLOSSARY;

export interface ControlEntry {
  at: string;
  /** The accessible name begins so, whatever its case. */
  name?: string;
  id: GlossaryId;
  /**
   * `mark` adds to what is around it (a hatch in a lane's cell); `area` is a part of the page that explains what in it has no
   * explanation of its own, and never a control.
   */
  kind?: 'mark' | 'area';
}

export const CONTROLS: readonly ControlEntry[] = [
  // Marks of the cells
  { at: '.mx-cell.is-clipped, .key-clipped', id: 'clipped', kind: 'mark' },
  { at: '.mx-cell.is-dual', id: 'dualClip', kind: 'mark' },
  { at: '.mx-cell.is-flat', id: 'noSignal', kind: 'mark' },
  { at: '.mx-cell.is-void', id: 'noNumber', kind: 'mark' },
  { at: '.mx-cell.is-masked', id: 'masked', kind: 'mark' },
  { at: '.mx-cell.is-beyond', id: 'beyond', kind: 'mark' },
  { at: '.mx-cell.is-wrong, .key-wrong', id: 'wrongStep', kind: 'mark' },
  { at: '.mx-cell.is-undone, .key-undone', id: 'undone', kind: 'mark' },
  { at: '.mx-cell.is-redundant, .key-redundant', id: 'redundant', kind: 'mark' },
  { at: '.mx-cell.is-single', id: 'single', kind: 'mark' },
  { at: '.mx-cell.is-edited', id: 'editResponse', kind: 'mark' },
  { at: '.mx-cell.is-preview', id: 'preview', kind: 'mark' },
  { at: '.mx-cell.is-pinned', id: 'pin', kind: 'mark' },
  { at: '.mx-cell.is-prompt', id: 'value', kind: 'mark' },

  // Header
  { at: '[data-part="shelf"], [aria-label="Fold methods and knobs"]', id: 'shelf' },
  { at: '[data-part="task"], .lane-chips[aria-label="Tasks for this method"] > .chip', id: 'task' },
  { at: '[data-part="model"]', id: 'checkpoint' },
  { at: '[aria-label="Back to the step before"]', id: 'stepBack' },
  { at: '.top .play', id: 'play' },
  { at: '[aria-label="One step"]', id: 'singleStep' },
  { at: '[aria-label="Reset to the checkpoint"]', id: 'reset' },
  { at: '.step-count', id: 'step' },
  { at: '[data-part="seed"]', id: 'seed' },
  { at: '[data-part="share"]', id: 'share' },
  { at: '[aria-label="Light theme"], [aria-label="Dark theme"]', id: 'theme' },
  { at: '[aria-label="Help and shortcuts"]', id: 'shortcuts' },
  { at: '[aria-label="What is this?"]', id: 'whatIsThis' },
  { at: '.workspaces button', id: 'rooms' },

  // The lab
  { at: '.stage-chip .button, .stage-chip [role="menuitem"]', id: 'mix' },
  { at: '.rail, .mix-bar', id: 'stage', kind: 'area' },
  { at: '.rail-changes button, .rail-changes input', id: 'savedMix' },
  { at: '.toolbar .stepper', id: 'promptStepper' },
  { at: '.toolbar .select', name: 'rows', id: 'rowOrder' },
  { at: '.toolbar .select', name: 'update', id: 'updateSelector' },
  { at: '[aria-label="Lanes shown"], [aria-label="Lanes shown"] [role="menuitem"], .lane-chips .chip', id: 'lane' },
  { at: '[aria-label="lane shown"] button', id: 'lane' },
  { at: '[aria-label^="Undo"], [aria-label^="Redo"]', id: 'undo' },
  { at: '.toolbar .button', name: 'prefix tree', id: 'tree' },
  { at: '.toolbar .button', name: 'freeze', id: 'freeze' },
  { at: '.toolbar .button', name: 'branches only', id: 'branchesOnly' },
  { at: '[role="treeitem"], [role="tree"]', id: 'tree' },
  { at: '.mx-flip', id: 'flipReward' },
  { at: '.mx-edit', id: 'editResponse' },
  { at: '.mx-rowhead', id: 'response' },
  { at: '.mx-colhead, .mx-corner', id: 'token' },
  { at: '.mx-enlarge', id: 'enlarge' },
  { at: '[role="radiogroup"][aria-label="Numbers shown"]', id: 'numbersShown' },
  { at: '[role="radiogroup"][aria-label="Method"], [aria-label^="View as "]', id: 'viewAs' },
  { at: '[aria-label^="Train with "]', id: 'trainWith' },
  { at: '.credit-numbers .button', name: 'compare', id: 'compare' },
  { at: '.sentence button', id: 'remedy' },
  { at: '.remedies button, .method-lacks button', id: 'remedy' },
  { at: '.sentence', id: 'credit', kind: 'area' },
  { at: '.prompt-text', id: 'prompt' },
  { at: '.intro', id: 'credit', kind: 'area' },
  { at: '.ov-block, .ov-canvas', id: 'wholeBatch' },
  { at: '.key', id: 'credit', kind: 'area' },
  { at: 'a[href^="http"]', id: 'paper' },
  { at: '.method-card button, .networks button', id: 'remedy' },
  { at: '.method-card', id: 'viewAs', kind: 'area' },
  { at: '.plane, .plane *', id: 'plane' },
  { at: '.truth-panel button, .truth-status button, .truth-working button', id: 'oracle' },
  { at: '.truth-panel summary, .truth-panel input, .truth-panel [tabindex]', id: 'oracle' },
  { at: '.truth-panel', id: 'oracle', kind: 'area' },

  // Methods and knobs
  { at: '.shelf-search', id: 'searchMethods' },
  { at: '.more-knobs > summary', id: 'moreKnobs' },
  { at: '.mix-rows .select, .mix-rows button', id: 'mix' },
  { at: '[role="radiogroup"][aria-label="Engine"]', id: 'engine' },
  { at: '.shelf .select', id: 'mix' },
  { at: '.shelf button', name: 'reset', id: 'resetKnobs' },

  // The inspector
  { at: '[aria-label="Close the inspector"]', id: 'closeInspector' },
  { at: '[data-term]', id: 'formulaTerm' },
  { at: '.working > summary', id: 'working' },
  { at: '.raw > summary', id: 'trace' },
  { at: '.inspector .part button', id: 'oracle' },
  { at: '.inspector [tabindex]', id: 'inspector' },
  { at: '.inspector', id: 'inspector', kind: 'area' },

  // The curves
  { at: '.curves-toggle', name: 'table', id: 'curveTable' },
  { at: '.curves-toggle', id: 'curves' },
  { at: '.curve-head select', id: 'passAtK' },
  { at: '.curves-table button, .curves-table', id: 'curveTable' },
  { at: '.curves', id: 'curves', kind: 'area' },

  // A comparison
  { at: '.compare-bar .select', name: 'numbers', id: 'compareNumbers' },
  { at: '.compare-bar .select', id: 'compareSide' },
  { at: '[aria-label="Swap A and B"]', id: 'swap' },
  { at: '.compare-bar .button', name: 'hold', id: 'holdKnobs' },
  { at: '.compare-bar .button', name: 'a − b only', id: 'differenceOnly' },
  { at: '[aria-label="Close the comparison"]', id: 'compare' },
  { at: '.compare-bar button', id: 'compare' },

  // Dialogs
  { at: '.share-row', id: 'share' },
  { at: '.share-parts', id: 'hideParts' },
  { at: '.dialog [role="radiogroup"], .dialog .share-save button', id: 'takeAway' },
  { at: '.dialog .select', name: 'panel', id: 'embed' },
  { at: '.response-field', id: 'editResponse' },
  { at: '.dialog-small .button', id: 'editResponse' },
  { at: '.dialog .button', name: 'close', id: 'close' },
  { at: '.dialog .check', name: 'shortcuts', id: 'shortcuts' },
  { at: '.glossary-search, .glossary', id: 'glossarySearch' },
  { at: '.notice button', id: 'notice' },

  // The scoreboard
  { at: '[role="radiogroup"][aria-label="Credit is read"]', id: 'creditRead' },
  { at: '.score-compare, .score-controls > .button', id: 'compareGradients' },
  { at: '.score-files .button, .race-bar .button', id: 'numbersFile' },
  { at: '.score-token', id: 'worstTokens' },
  { at: '.score-status .button', id: 'freeze' },
  { at: '.score-scroll', id: 'scoreboard' },

  // The race
  { at: '.race-entrant', id: 'entrant' },
  { at: '.race-add', id: 'entrant' },
  { at: '.race-setup .select', id: 'raceStart' },
  { at: '.race-numbers label', name: 'seeds', id: 'raceSeeds' },
  { at: '.race-numbers label', name: 'steps', id: 'raceSteps' },
  { at: '.race-numbers label', name: 'measured', id: 'measuredEvery' },
  { at: '.race-numbers label', name: 'held', id: 'heldOut' },
  { at: '.race-buttons .play', id: 'race' },
  { at: '.race-buttons .button', id: 'raceClear' },
  { at: '[role="radiogroup"][aria-label="What is drawn"]', id: 'raceMeasure' },
  { at: '[role="radiogroup"][aria-label="Along"]', id: 'raceAxis' },
  { at: '.race-scrub, .race-table, .race-chart', id: 'racePlace' },
  { at: '.race', id: 'race', kind: 'area' },

  // Lessons
  { at: '.lesson-countdown', id: 'countdown' },
  { at: '.lesson-pace input, .lesson-pace .button', id: 'pace' },
  { at: '.lesson-card', id: 'lesson' },
  { at: '[aria-label="Leave the lesson"]', id: 'lesson' },
  { at: '[class*="lesson"] .button, [class*="lesson"] .icon-button', id: 'lessonPages' },
];
