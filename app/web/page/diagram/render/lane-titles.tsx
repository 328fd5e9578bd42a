import type { JSX } from 'preact';
import type { Lane } from '../layout/lanes.ts';
import { titlesWidth } from '../layout/sizes.ts';

const mostLetters = 10;

/** The lanes' names, at the left edge of the box however far it is scrolled. The steps say them in words. */
export function LaneTitles({
  lanes,
  height,
}: {
  readonly lanes: readonly Lane[];
  readonly height: number;
}): JSX.Element {
  return (
    <svg class="diagram-titles" width={titlesWidth} height={height} aria-hidden="true">
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
