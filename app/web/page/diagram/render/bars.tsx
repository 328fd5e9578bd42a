import type { JSX } from 'preact';
import type { PlacedBar } from '../layout/bars.ts';
import { band } from '../layout/place.ts';
import { half } from '../layout/sizes.ts';

export interface FaultsProps {
  readonly bars: readonly PlacedBar[];
  /** The picture's. */
  readonly height: number;
}

/** Where faults hit, and how long: beneath all else. */
export function Faults({ bars, height }: FaultsProps): JSX.Element {
  return (
    <g class="faults">
      {bars
        .filter(({ kind }) => kind === 'fault')
        .map(({ left, right, y, isOpen, hits }) => (
          <g key={`${left} ${y}`}>
            {hits.map(({ top, height: laneHeight }) => (
              <rect key={top} x={left} y={top} width={right - left} height={laneHeight} />
            ))}
            <path d={`M${left} ${y}V${height}${isOpen ? '' : `M${right} ${y}V${height}`}`} />
          </g>
        ))}
    </g>
  );
}

/** What lasts beside the steps: faults, leases on their servers, holds of the step control. */
export function Bars({ bars }: { readonly bars: readonly PlacedBar[] }): JSX.Element {
  return (
    <>
      {bars.map(({ kind, left, right, y, label, isOpen }) => (
        <g key={`${kind} ${left} ${y}`} class={`bar ${kind} ${isOpen ? 'open' : ''}`}>
          <rect class="ground" {...band({ left, right, y }, half.bar)} rx="3" />
          <text x={left + 6} y={y + 5}>
            {label}
          </text>
        </g>
      ))}
    </>
  );
}
