import type { UserViolation } from '../../verify/each-user.ts';
import { partsOf, type ShownCall } from '../violation.ts';
import { coordinate } from './arrow.ts';
import { html, type Markup } from './markup.ts';

/** A history that no order explains: the time of each call, the impossible answer, and why it is impossible. */
export function renderTimeline({ userId, violation }: UserViolation): Markup {
  const { before, leftOut, calls, why } = partsOf(violation);
  return html`<figure class="figure">
<figcaption>User ${userId}: ${before}</figcaption>
<div>${draw(calls)}</div>
<div>
${leftOut > 0 && html`<p>${leftOut} earlier calls are left out.</p>`}
<ol class="steps calls">${calls.map(describeCall)}</ol>
<p>${why}</p>
</div>
</figure>`;
}

function describeCall({ operation, fromMs, toMs, isImpossible }: ShownCall): Markup {
  const { call, answer, requestId } = operation;
  const times = `${fromMs.toFixed(1)} to ${toMs?.toFixed(1) ?? '?'} ms`;
  return html`<li class="${isImpossible ? 'bad' : 'fine'}"><span class="ms">${times}</span> <span>${isImpossible && '✕ '}${call} ${answer}${
    requestId !== undefined && html`, request <code>${requestId}</code>`
  }${isImpossible && ' (impossible)'}</span></li>`;
}

const rowHeight = 30;

/** Times are in percent of the width, so that the drawing fits any page and its text keeps its size. */
function draw(calls: readonly ShownCall[]): Markup {
  const endMs = Math.max(...calls.flatMap(({ fromMs, toMs }) => [fromMs, toMs ?? fromMs])) || 1;
  const percentOf = (ms: number) => coordinate((100 * ms) / endMs);
  const height = calls.length * rowHeight + 18;
  const rows = calls.map(({ operation, fromMs, toMs, isImpossible }, index) => {
    const [from, to] = [percentOf(fromMs), toMs === undefined ? 100 : percentOf(toMs)];
    const y = index * rowHeight;
    const tone = isImpossible ? 'bad' : toMs === undefined ? 'unknown' : 'fine';
    const label = `${operation.call} → ${operation.answer}${isImpossible ? ' ✕ impossible' : ''}`;
    // A label in the right half is aligned to the end of its bar, so that it does not leave the page.
    const [x, anchor] = from > 50 ? [to, 'end'] : [from, 'start'];
    return html`<text class="${tone}" x="${x}%" y="${y + 12}" text-anchor="${anchor}">${label}</text>
<rect class="${tone}" x="${from}%" y="${y + 16}" width="${coordinate(Math.max(to - from, 0.5))}%" height="8" rx="2"/>
`;
  });
  return html`<svg class="timeline" role="img" width="100%" height="${height}" aria-label="The calls are listed beside this drawing.">
${rows}<text class="scale" x="0" y="${height - 3}">0 ms</text><text class="scale" x="100%" y="${height - 3}" text-anchor="end">${endMs.toFixed(1)} ms</text>
</svg>`;
}
