// The components import no style sheet, so that the reports can render them on a server.
import './diagram.css';
import './render/bars.css';
import './render/kinds.css';
import './render/lane-titles.css';
import './render/legend.css';
import './render/lost-update.css';
import './render/picture.css';
import './render/steps-table.css';
import './render/toolbar.css';

export { Diagram } from './diagram.tsx';
export { StepsTable } from './render/steps-table.tsx';
