import type { JSX } from 'preact';
import type { Axis } from '../layout/place.ts';
import { axisHeight } from '../layout/sizes.ts';

export interface AxisLineProps {
  readonly axis: Axis;
  readonly width: number;
  readonly height: number;
  /** The id of the pattern for what is drawn wider than it is. */
  readonly hatch: string;
}

/** Times, or the numbers of the steps; and where the axis gives way. */
export function AxisLine({ axis, width, height, hatch }: AxisLineProps): JSX.Element {
  const line = axisHeight - 8;
  return (
    <g class="axis">
      {axis.stretched.map(({ left, right }) => (
        <rect key={left} fill={`url(#${hatch})`} x={left} y={line - 6} width={right - left} height="6" />
      ))}
      <line x2={width} y1={line} y2={line} />
      {axis.ticks.map(({ x, label, detail }) => (
        <g key={label}>
          <line class="grid" x1={x} x2={x} y1={line} y2={height} />
          <text x={x} y={detail === undefined ? line - 10 : line - 18} class={detail === undefined ? '' : 'number'}>
            {label}
          </text>
          {detail !== undefined && (
            <text x={x} y={line - 4}>
              {detail}
            </text>
          )}
        </g>
      ))}
    </g>
  );
}
