import { coordinate, type Point } from './arrow.ts';
import { html, type Markup } from './markup.ts';

/** A column of a drawing, in which time goes down: a request, an instance or a server. */
export interface Lane {
  readonly name: string;
  /** Its title and, if needed, a few short lines. */
  readonly head: readonly string[];
  readonly width: number;
}

/** The positions in a drawing, in CSS pixels. */
export interface Sheet {
  readonly width: number;
  readonly height: number;
  /** The middle of a lane. */
  readonly xOf: (lane: string) => number;
  /** The y of a row's arrow; the labels are above and below it. */
  readonly yOf: (row: number) => number;
}

/** Width left of the lanes, for the times. */
export const gutter = 46;
export const laneWidth = 62;
export const headHeight = 50;
/** Room for an arrow, a label above it and one below. */
export const rowHeight = 46;
const belowArrow = 20;
/** Mean width of a letter in a label, to keep labels inside the drawing. */
const letterWidth = 6.5;

export interface LayOutOptions {
  /** The height of each row. */
  readonly heights: readonly number[];
  /** The lanes are spread if they need less. */
  readonly minWidth?: number;
}

/** Lays lanes out side by side and rows one below the other. */
export function layOut(lanes: readonly Lane[], { heights, minWidth = 0 }: LayOutOptions): Sheet {
  const needed = lanes.reduce((sum, lane) => sum + lane.width, 0);
  const spread = Math.max(1, (minWidth - gutter) / (needed || 1));
  const middles = new Map<string, number>();
  let left = gutter;
  for (const { name, width } of lanes) {
    middles.set(name, coordinate(left + (width * spread) / 2));
    left += width * spread;
  }
  const arrows: number[] = [];
  let bottom = headHeight;
  for (const height of heights) {
    bottom += height;
    arrows.push(coordinate(bottom - belowArrow));
  }
  return {
    width: Math.ceil(left),
    height: Math.ceil(bottom) + 4,
    xOf: (lane) => middles.get(lane) ?? gutter,
    yOf: (row) => arrows[row] ?? headHeight,
  };
}

export function drawHead({ name, head: [title = '', ...lines] }: Lane, { xOf }: Sheet): Markup {
  const x = xOf(name);
  const short = (text: string) => (text.length > 11 ? `${text.slice(0, 10)}…` : text);
  return html`<g class="head"><text class="title" x="${x}" y="14">${title}</text>${lines.map(
    (line, index) => html`<text x="${x}" y="${28 + index * 13}">${short(line)}</text>`,
  )}</g>`;
}

/** A dotted line along the whole lane. */
export function drawLane(lane: string, { xOf, height }: Sheet): Markup {
  return html`<line class="lane" x1="${xOf(lane)}" y1="${headHeight}" x2="${xOf(lane)}" y2="${height}"/>`;
}

/** A line from a request's first row to its last. */
export function drawRequestSpan(lane: string, first: number, last: number, { xOf, yOf }: Sheet): Markup {
  return html`<line class="life" x1="${xOf(lane)}" y1="${yOf(first)}" x2="${xOf(lane)}" y2="${yOf(last)}"/>`;
}

export function drawTime(row: number, text: string, { yOf }: Sheet): Markup {
  return html`<text class="time" x="${gutter - 4}" y="${yOf(row) + 4}">${text}</text>`;
}

/** A label above or below an arrow, kept inside the drawing. */
export function drawLabel(
  text: string,
  middle: Point,
  place: 'above' | 'below',
  tone: string,
  { width }: Sheet,
): Markup {
  const half = (text.length * letterWidth) / 2;
  const x = coordinate(Math.max(gutter + half, Math.min(width - half, middle.x)));
  return html`<text class="label ${tone}" x="${x}" y="${middle.y + (place === 'above' ? -7 : 14)}">${text}</text>`;
}

/** @returns the width that a drawing needs for its longest label. */
export function widthFor(labels: readonly string[]): number {
  return gutter + labels.reduce((longest, { length }) => Math.max(longest, length * letterWidth), 0);
}
