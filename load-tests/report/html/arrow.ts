import { html, type Markup } from './markup.ts';

/** In the drawing's own units. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

const headLength = 7;
const headHalfWidth = 3.5;

/** An arrow in SVG. Its head is a polygon, not a marker: markers need ids that are unique to the page. */
export function arrow(from: Point, to: Point, className: string): Markup {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const neck = { x: to.x - dx * headLength, y: to.y - dy * headLength };
  const corners = [1, -1].map((side) => ({
    x: neck.x - dy * headHalfWidth * side,
    y: neck.y + dx * headHalfWidth * side,
  }));
  const points = [to, ...corners].map(({ x, y }) => `${coordinate(x)},${coordinate(y)}`).join(' ');
  return html`<g class="${className}"><line x1="${coordinate(from.x)}" y1="${coordinate(from.y)}" x2="${coordinate(neck.x)}" y2="${coordinate(neck.y)}"/><polygon points="${points}"/></g>`;
}

/** @returns the length, rounded to a tenth of a pixel. */
export function coordinate(length: number): number {
  return Math.round(length * 10) / 10;
}
