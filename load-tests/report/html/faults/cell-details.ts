import { lostPercent } from '../../../faults/evidence/lost-updates.ts';
import { describeThird } from '../../../faults/matrix.ts';
import type { MatrixCell } from '../../../faults/matrix-cell.ts';
import { renderPairs } from '../frame.ts';
import { html, type Markup } from '../markup.ts';
import { renderSpaceTime } from '../space-time.ts';
import { renderTimeline } from '../timeline.ts';
import { markVerdict } from '../verdict-mark.ts';
import { drawTimeline } from './drawing.ts';
import { renderLoadChart } from './load-chart.ts';
import { anchorOf } from './matrix.ts';
import { describeNotes } from './notes.ts';
import { describeEvents, type Line } from './rows.ts';
import { renderWitnesses } from './witnesses.ts';

/**
 * A cell's result and timeline, folded unless the result is unexpected. The anchor is inside: a browser unfolds the element that
 * contains a link's target.
 */
export function renderCell(cell: MatrixCell): Markup {
  const { mode, verdict, expected, asExpected, why, inconclusive, untested, timeline, load, wronged, unexplained } =
    cell;
  return html`<details${!asExpected && html` open=""`}>
<summary><h4><span class="mode">${mode}${cell.play > 1 && `, repetition ${cell.play}`}</span> ${markVerdict(cell)}</h4>${asExpected && html` <span class="why">${why}</span>`}</summary>
<div id="${anchorOf(cell)}" class="details">
<p>Expected: <b>${expected}</b>, because ${why}.</p>
${!asExpected && verdict === expected && html`<p class="unexpected">Not as expected: ${describeThird(cell)}.</p>`}
${inconclusive !== undefined && html`<p class="unexpected">Nothing was tested: ${inconclusive}.</p>`}
${load ? renderLoadChart(load, timeline) : timeline.length > 0 && renderEvents(cell)}
<h5>Witnesses</h5>
${renderWitnesses(cell)}
${load && wronged && html`<p>An inconsistent user, as the database recorded it:</p>${renderSpaceTime(wronged)}`}
${unexplained && renderTimeline(unexplained)}
<h5>Figures</h5>
${renderPairs({ ...figuresOf(cell), ...describeNotes(cell.notes) })}
${untested.length > (inconclusive === undefined ? 0 : 1) && html`<p>Retried after inconclusive tries: ${untested.join('; ')}.</p>`}
</div>
</details>
`;
}

function renderEvents({ timeline, scenario, mode }: MatrixCell): Markup {
  return html`<figure class="figure">
<figcaption>What happened</figcaption>
<div class="scroll" role="region" aria-label="Timeline: ${scenario} in ${mode}" tabindex="0">${drawTimeline(timeline)}</div>
<div>
<p>Time goes down, in milliseconds; long waits are shortened. A bar is a lock on a node, with the request that holds it. The
dashed frame is the duration of the fault; its targets are shaded.</p>
<ol class="steps">${describeEvents(timeline).map(renderLine)}</ol>
</div>
</figure>`;
}

function renderLine({ ms, text, tone }: Line): Markup {
  return html`<li class="${tone}"><span class="ms">${ms.toFixed(1)} ms</span> <span>${tone === 'bad' && '✕ '}${text}</span></li>`;
}

function figuresOf(cell: MatrixCell): Record<string, string> {
  const { acknowledged, lost, unfinished, unavailableMs, durationMs, tries } = cell;
  const share = lost > 0 ? ` (${lostPercent(cell).toFixed(1)} % of these)` : '';
  return {
    'updates acknowledged': acknowledged.toLocaleString('en'),
    'updates lost': `${lost.toLocaleString('en')}${share}`,
    'unfinished calls': unfinished.toLocaleString('en'),
    'no request served for (ms)': unavailableMs.toLocaleString('en'),
    'took (ms)': durationMs.toLocaleString('en'),
    ...(tries > 1 && { tries: String(tries) }),
  };
}
