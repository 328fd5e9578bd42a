import type { LockModeName } from '../../../../app/lock-modes/index.ts';
import { describeThird } from '../../../faults/matrix.ts';
import type { MatrixCell } from '../../../faults/matrix-cell.ts';
import { html, type Markup } from '../markup.ts';
import { markVerdict } from '../verdict-mark.ts';

/** The anchor of a cell's timeline on the page. */
export const anchorOf = ({ scenario, mode, play }: Pick<MatrixCell, 'scenario' | 'mode' | 'play'>) =>
  `${scenario}--${mode}${play > 1 ? `--${play}` : ''}`;

/** One row per scenario, one column per mode; each verdict links to its timeline. On a narrow page the table scrolls. */
export function renderMatrix(cells: readonly MatrixCell[], modes: readonly LockModeName[]): Markup {
  const rows = [...new Set(cells.map(({ scenario }) => scenario))].map((scenario) => {
    const row = modes.map((mode) =>
      renderCell(cells.filter((cell) => cell.scenario === scenario && cell.mode === mode)),
    );
    return html`<tr><th scope="row"><a href="#${scenario}">${scenario}</a></th>${row}</tr>\n`;
  });
  return html`<div class="scroll" role="region" aria-label="The matrix" tabindex="0"><table class="matrix">
<thead><tr><th scope="col">scenario</th>${modes.map((mode) => html`<th scope="col">${mode}</th>`)}</tr></thead>
<tbody>
${rows}</tbody>
</table></div>`;
}

/** @param plays the repetitions of a cell. */
function renderCell(plays: readonly MatrixCell[]): Markup {
  if (plays.length === 0)
    return html`<td class="none">–<span class="unseen"> does not apply, or was not run</span></td>`;
  const isAsExpected = plays.every(({ asExpected }) => asExpected);
  return html`<td class="${isAsExpected ? 'as-expected' : 'surprise'}">${plays.map(renderPlay)}</td>`;
}

function renderPlay(cell: MatrixCell): Markup {
  const { scenario, mode, verdict, expected, asExpected, play } = cell;
  return html`<a href="#${anchorOf(cell)}">${markVerdict(cell)}${
    !asExpected && verdict === expected && html` <span class="unexpected">(${describeThird(cell)})</span>`
  }${asExpected && html`<span class="unseen">, as expected</span>`}<span class="unseen">: timeline of ${scenario} in ${mode}${
    play > 1 && `, repetition ${play}`
  }</span></a>`;
}
