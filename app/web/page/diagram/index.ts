// The components import no style sheet, so that the reports can render them on a server.
import './diagram.css';
import './render/bars.css';
import './render/kinds.css';
import './render/lane-titles.css';
import './render/legend.css';
import './render/lost-update.css';
import './render/overlay.css';
import './render/picture.css';
import './tools/replay.css';
import './render/row-links.css';
import './render/steps-table.css';
import './tools/toolbar.css';

export { Board } from './board.tsx';
export type { Scale } from './layout/layout.ts';
export { RowLink, useRowLinks } from './render/row-links.tsx';
export { StepsTable } from './render/steps-table.tsx';
export { createSelection, type Selection } from './selection.ts';
