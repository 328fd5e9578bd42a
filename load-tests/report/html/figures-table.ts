import type { RunReport } from '../run-report.ts';
import { columns } from '../table.ts';
import { html, type Markup } from './markup.ts';
import { markVerdict } from './verdict-mark.ts';

/** All figures, in the columns of the terminal's table. On a narrow page the table scrolls, also by keyboard. */
export function renderFigures(runs: readonly RunReport[]): Markup {
  const heads = columns.map(({ name, align }) => html`<th scope="col" class="${align}">${name}</th>`);
  const rows = runs.map((run) => {
    const cells = columns.map(({ align, cell }, index) =>
      index === 0 ? html`<th scope="row">${cell(run)}</th>` : html`<td class="${align}">${inThousands(cell(run))}</td>`,
    );
    return html`<tr>${cells}<td>${markVerdict(run)}</td></tr>\n`;
  });
  return html`<div class="scroll" role="region" aria-label="All figures" tabindex="0"><table>
<thead><tr>${heads}<th scope="col">verdict</th></tr></thead>
<tbody>
${rows}</tbody>
</table></div>`;
}

const inThousands = (value: string | number) => (typeof value === 'number' ? value.toLocaleString('en') : value);
