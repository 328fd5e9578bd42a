import type { JSX } from 'preact';
import type { Point } from '../layout/lost-updates.ts';

export interface ArrowProps {
  readonly from: Point;
  readonly to: Point;
  readonly class?: string;
  /** The step that is described when the pointer is on it. */
  readonly column?: number;
  /** The length of its head, in CSS pixels. */
  readonly head?: number;
}

/** A straight arrow. Its head is a polygon: a marker needs an id, which must be unique among several pictures. */
export function Arrow({ from, to, class: name, column, head = 14 }: ArrowProps): JSX.Element {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const neck = { x: to.x - dx * head, y: to.y - dy * head };
  const side = head * 0.5;
  const corners = [
    to,
    { x: neck.x - dy * side, y: neck.y + dx * side },
    { x: neck.x + dy * side, y: neck.y - dx * side },
  ];
  return (
    <g class={name} data-step={column}>
      <line x1={from.x} y1={from.y} x2={neck.x} y2={neck.y} />
      <polygon points={corners.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')} />
    </g>
  );
}
