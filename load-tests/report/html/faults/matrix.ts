import type { LockModeName } from '../../../../app/lock-modes/index.ts';
import type { Cell } from '../../../faults/cell.ts';
import { html, type Markup } from '../markup.ts';
import { markVerdict } from '../verdict-mark.ts';

/** Where a cell's story is on the page. */
export const anchorOf = ({ scenario, mode }: Pick<Cell, 'scenario' | 'mode'>) => `${scenario}--${mode}`;

/** One row a scenario, one column a mode; each verdict leads to its story. Where the page is narrow the table scrolls. */
export function renderMatrix(cells: readonly Cell[], modes: readonly LockModeName[]): Markup {
  const rows = [...new Set(cells.map(({ scenario }) => scenario))].map((scenario) => {
    const row = modes.map((mode) => renderCell(cells.find((cell) => cell.scenario === scenario && cell.mode === mode)));
    return html`<tr><th scope="row"><a href="#${scenario}">${scenario}</a></th>${row}</tr>\n`;
  });
  return html`<div class="scroll" role="region" aria-label="The matrix" tabindex="0"><table class="matrix">
<thead><tr><th scope="col">scenario</th>${modes.map((mode) => html`<th scope="col">${mode}</th>`)}</tr></thead>
<tbody>
${rows}</tbody>
</table></div>`;
}

function renderCell(cell: Cell | undefined): Markup {
  if (!cell) return html`<td class="none">–<span class="unseen"> does not apply</span></td>`;
  const { scenario, mode, verdict, expected } = cell;
  const isAsExpected = verdict === expected;
  return html`<td class="${isAsExpected ? 'as-expected' : 'surprise'}"><a href="#${anchorOf(cell)}">${markVerdict(cell)}${
    isAsExpected && html`<span class="unseen">, as expected</span>`
  }<span class="unseen">: the story of ${scenario} in ${mode}</span></a></td>`;
}
