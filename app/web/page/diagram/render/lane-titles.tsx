import type { JSX } from 'preact';
import type { Lane } from '../layout/lanes.ts';
import { sized } from '../layout/place.ts';
import { titlesWidth } from '../layout/sizes.ts';

const mostLetters = 10;

export interface LaneTitlesProps {
  readonly lanes: readonly Lane[];
  readonly height: number;
  /** CSS pixels per pixel of the layout. Default 1. */
  readonly unit?: number;
}

/** The lanes' names, at the left edge of the box however far it is scrolled. The steps say them in words. */
export function LaneTitles({ lanes, height, unit = 1 }: LaneTitlesProps): JSX.Element {
  return (
    <svg class="diagram-titles" {...sized(titlesWidth, height, unit)} aria-hidden="true">
      {lanes.map(({ kind, id, title, note, top, height: laneHeight }) => (
        <g key={`${kind} ${id}`} class={kind}>
          <rect class={`lane ${kind}`} y={top} width={titlesWidth} height={laneHeight} />
          <text class="title" x="8" y={top + (note ? 18 : 28)}>
            {title.length > mostLetters ? `${title.slice(0, mostLetters - 1)}…` : title}
          </text>
          {note && (
            <text class="note" x="8" y={top + 32}>
              {note}
            </text>
          )}
        </g>
      ))}
    </svg>
  );
}
