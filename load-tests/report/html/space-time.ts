import type { InconsistentUser } from '../../verify/audit.ts';
import { type Inconsistency, type InconsistentRequest, orderInconsistency } from '../inconsistency.ts';
import { type LostUpdate, placeEvents, type SpaceTimeEvent } from '../space-time-events.ts';
import { arrow } from './arrow.ts';
import {
  drawHead,
  drawLabel,
  drawLane,
  drawRequestSpan,
  drawTime,
  type Lane,
  laneWidth,
  layOut,
  rowHeight,
  type Sheet,
} from './lanes.ts';
import { html, type Markup } from './markup.ts';

/** How a user became inconsistent: a space-time diagram in which time goes down, and the same steps as a list. */
export function renderSpaceTime(user: InconsistentUser): Markup {
  const inconsistency = orderInconsistency(user);
  return html`<figure class="figure">
<figcaption>${inconsistency.what}</figcaption>
<div class="scroll" role="region" aria-label="Space-time diagram: ${inconsistency.what}" tabindex="0">${draw(inconsistency)}</div>
<div>
<p>Time goes down, not to scale. The time of a read is not recorded, only the version that it found: each read is drawn at its
latest possible time.</p>
<ul class="who">${inconsistency.requests.map(renderRequest)}</ul>
<ol class="steps">${inconsistency.steps.map(({ ms, name, text, step }) => {
    const isStale = step.did === 'wrote' && step.readVersion !== step.overwroteVersion;
    return html`<li class="${isStale ? 'bad' : 'fine'}"><span class="ms">${ms.toFixed(1)} ms</span> <span>${isStale && '✕ '}${name} ${text}</span></li>`;
  })}</ol>
</div>
</figure>`;
}

function renderRequest({ name, command, instance, readVersion, requestId }: InconsistentRequest): Markup {
  const read = readVersion === undefined ? '' : `, read version ${readVersion}`;
  return html`<li><b>${name}</b> = ${command} on ${instance}${read}, request <code>${requestId}</code></li>`;
}

function draw(inconsistency: Inconsistency): Markup {
  const { events, lost } = placeEvents(inconsistency);
  const requests = inconsistency.requests.map(({ name, command, instance }) => laneOf(name, name, command, instance));
  const servers = [laneOf('row', 'user', 'the row'), laneOf('ledger', 'ledger', 'charges')];
  const lanes = [...requests, ...servers];
  const sheet = layOut(lanes, { heights: events.map(() => rowHeight) });
  const { width, height } = sheet;
  return html`<svg class="space-time" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" aria-label="The steps are listed beside this drawing.">
${lanes.map((lane) => drawHead(lane, sheet))}
${servers.map(({ name }) => drawLane(name, sheet))}
${requests.map(({ name }) => lifeline(name, events, sheet))}
${lost.map((update) => drawLost(update, events, sheet))}
${events.map((event, index) => drawMoment(event, index, lost, events, sheet))}
</svg>`;
}

// With two requests the drawing fits a page that is 360 wide.
const laneOf = (name: string, ...head: readonly string[]): Lane => ({ name, head, width: laneWidth });

function lifeline(name: string, events: readonly SpaceTimeEvent[], sheet: Sheet): Markup {
  const isOwn = (event: SpaceTimeEvent) => event.name === name;
  return drawRequestSpan(name, events.findIndex(isOwn), events.findLastIndex(isOwn), sheet);
}

/** Marks the time from a stale write's read to the write, with an arrow to the write that it lost. */
function drawLost(
  { read, write, destroyed }: LostUpdate,
  events: readonly SpaceTimeEvent[],
  { xOf, yOf }: Sheet,
): Markup {
  const x = xOf(events[read]?.name ?? '');
  return html`<line class="relied bad" x1="${x}" y1="${yOf(read)}" x2="${x}" y2="${yOf(write)}"/>${
    destroyed !== undefined && arrow({ x, y: yOf(read) }, { x: xOf('row') - 4, y: yOf(destroyed) - 2 }, 'destroys bad')
  }`;
}

function drawMoment(
  { name, with: other, does, ms, label }: SpaceTimeEvent,
  index: number,
  lost: readonly LostUpdate[],
  events: readonly SpaceTimeEvent[],
  sheet: Sheet,
): Markup {
  const y = sheet.yOf(index);
  const [own, others] = [
    { x: sheet.xOf(name), y },
    { x: sheet.xOf(other), y },
  ];
  const isStale = lost.some(({ write }) => write === index);
  const destroyer = lost.find(({ destroyed }) => destroyed === index);
  const tone = isStale ? 'bad' : 'fine';
  const by = destroyer && events[destroyer.write]?.name;
  const middle = { x: (own.x + others.x) / 2, y };
  const tag = isStale ? '✕ stale write' : by === undefined ? undefined : `✕ lost: ${by} writes over it unread`;
  return html`${drawTime(index, `${does === 'reads' ? '< ' : ''}${ms.toFixed(1)}`, sheet)}
${does === 'reads' ? arrow(others, own, 'reads') : arrow(own, others, tone)}
${drawLabel(label, middle, 'above', tone, sheet)}
${tag && drawLabel(tag, middle, 'below', 'bad', sheet)}
`;
}
