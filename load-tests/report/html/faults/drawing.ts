import type { TimelineEvent } from '../../../faults/evidence/timeline.ts';
import { arrow } from '../arrow.ts';
import {
  drawHead,
  drawLabel,
  drawLane,
  drawRequestSpan,
  drawTime,
  gutter,
  type Lane,
  laneWidth,
  layOut,
  rowHeight,
  type Sheet,
  widthFor,
} from '../lanes.ts';
import { html, type Markup } from '../markup.ts';
import { database } from './labels.ts';
import { type Band, type Bar, type Placed, placeEvents, type RequestSpan, type Row } from './rows.ts';

/**
 * The timeline of a cell: which request held the lock when, what the fault hit, which write was lost. Redis nodes are on the
 * left, the instances in the middle, the database on the right. Time goes down, and long waits are shortened.
 */
export function drawTimeline(timeline: readonly TimelineEvent[]): Markup {
  const placed = placeEvents(timeline);
  const { rows, bars, bands, requestSpans } = placed;
  const lanes = lanesOf(placed);
  const sheet = layOut(lanes, {
    heights: rows.map((row, index) => heightOf(row, rows[index - 1])),
    minWidth: widthFor(rows.flatMap(({ label, tag = '' }) => [label, tag])),
  });
  const { width, height } = sheet;
  const whose = [...new Set(bars.map(({ who }) => who))];
  return html`<svg class="space-time" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" aria-label="The events are listed beside this drawing.">
${bands.map((band) => drawBand(band, sheet))}
${lanes.map((lane) => [drawHead(lane, sheet), drawLane(lane.name, sheet)])}
${requestSpans.map(({ at, from, to }) => drawRequestSpan(at, from, to ?? rows.length - 1, sheet))}
${bands.map((band) => drawHits(band, lanes, sheet))}
${bars.map((bar) => drawBar(bar, whose.indexOf(bar.who) % 2 === 0, sheet))}
${rows.map((row, index) => drawRow(row, index, sheet))}
</svg>`;
}

/** Width of one of several Redis nodes. */
const nodeWidth = 36;

function lanesOf({ rows, bars, bands, requestSpans }: Placed): Lane[] {
  const hits = bands.flatMap((band) => band.hits);
  const nodes = new Set([
    ...bars.map(({ node }) => node),
    ...hits.filter((name) => /^(redis|redlock|replica)/.test(name)),
  ]);
  const instances = new Set([...requestSpans.map(({ at }) => at), ...hits.filter((name) => name.startsWith('app-'))]);
  const isUsed = rows.some(({ to }) => to === database) || hits.includes(database);
  return [
    ...[...nodes]
      .sort()
      .map((name) => ({ name, head: headOf(name), width: name.includes('-') ? nodeWidth : laneWidth })),
    ...[...instances].sort().map((name) => ({ name, head: [requestsAt(name, requestSpans), name], width: laneWidth })),
    ...(isUsed ? [{ name: database, head: ['MySQL', 'flag, ledger'], width: laneWidth }] : []),
  ];
}

/** There is no room for `redlock-3` above each of five nodes. */
function headOf(node: string): string[] {
  const number = node.split('-')[1];
  return number === undefined ? [node === 'redis' ? 'Redis' : node] : [number, 'Redis'];
}

function requestsAt(instance: string, requestSpans: readonly RequestSpan[]): string {
  const own = requestSpans.filter(({ at }) => at === instance).map(({ who }) => who);
  return [...new Set(own)].join(', ');
}

const shortRowHeight = 34;
/** Shorter waits add no height. */
const shortestWaitMs = 20;
/** Height that a wait adds for each doubling, in CSS pixels. */
const perDoubling = 14;
const mostForWait = 120;
/** Longer waits are marked beside the times. */
const longWaitMs = 200;

/** The distance to the row above grows with the logarithm of the wait. */
function heightOf({ waitedMs }: Row, before: Row | undefined): number {
  const wait = waitedMs > shortestWaitMs ? perDoubling * Math.log2(waitedMs / shortestWaitMs) : 0;
  return Math.round((before?.tag === undefined ? shortRowHeight : rowHeight) + Math.min(wait, mostForWait));
}

/** The duration of the fault, across all lanes. */
function drawBand({ from, to }: Band, { width, height, yOf }: Sheet): Markup {
  const [top, bottom] = [yOf(from), to === undefined ? height : yOf(to)];
  return html`<rect class="band" x="${gutter}" y="${top}" width="${width - gutter}" height="${bottom - top}"/>`;
}

/** The fault's targets, on their lanes. */
function drawHits({ from, to, hits }: Band, lanes: readonly Lane[], { height, xOf, yOf }: Sheet): Markup[] {
  const [top, bottom] = [yOf(from), to === undefined ? height : yOf(to)];
  return lanes
    .filter(({ name }) => hits.includes(name))
    .map(({ name }) => html`<rect class="hit" x="${xOf(name) - 8}" y="${top}" width="16" height="${bottom - top}"/>`);
}

/** Distance between bars side by side: more than a bar's width. */
const barStep = 14;

/** How long a node keeps a lock. A rival's bar is only outlined, so that the two differ without colours. */
function drawBar({ node, who, from, to, slot }: Bar, isFilled: boolean, { height, xOf, yOf }: Sheet): Markup {
  const [x, top, bottom] = [xOf(node) + slot * barStep, yOf(from), to === undefined ? height : yOf(to)];
  return html`<g class="lease ${isFilled ? 'filled' : 'outlined'}"><rect x="${x - 6}" y="${top}" width="12" height="${bottom - top}" rx="2"/><text x="${x}" y="${Math.min(top + 15, (top + bottom) / 2 + 4)}">${who}</text></g>`;
}

function drawRow(row: Row, index: number, sheet: Sheet): Markup {
  const { ms, waitedMs, label, tag, tone, from, to } = row;
  const { width, xOf, yOf } = sheet;
  const y = yOf(index);
  const own = from === undefined ? undefined : { x: xOf(from), y };
  const other = to === undefined ? undefined : { x: xOf(to), y };
  const middle = { x: ((own?.x ?? gutter) + (other?.x ?? own?.x ?? width)) / 2, y };
  const style = from !== undefined && tone === 'fine' && to !== database ? 'reads' : tone;
  return html`${drawTime(index, ms.toFixed(1), sheet)}
${waitedMs >= longWaitMs && html`<text class="time" x="${gutter - 4}" y="${y - heightOf(row, undefined) / 2 + 6}">⋮</text>`}
${own && (other ? arrow(own, other, style) : html`<circle class="${tone}" cx="${own.x}" cy="${y}" r="3.5"/>`)}
${drawLabel(label, middle, 'above', tone, sheet)}
${tag !== undefined && drawLabel(tag, middle, 'below', tone, sheet)}
`;
}
