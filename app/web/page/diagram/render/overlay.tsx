import type { ReadonlySignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Layout } from '../layout/layout.ts';
import type { Mark } from '../layout/marks.ts';
import { band, sized } from '../layout/place.ts';
import { xAt } from '../layout/replay.ts';
import { axisHeight, half } from '../layout/sizes.ts';
import type { Selection } from '../selection.ts';

export interface OverlayProps {
  readonly layout: Layout;
  readonly unit: number;
  readonly selection: Selection;
  /** The time of the replay; undefined when all is shown. */
  readonly atMs: ReadonlySignal<number | undefined>;
}

/**
 * What changes with the pointer and the replay, over the picture: so that none of the picture is drawn again for it. It hides
 * nothing from the pointer, and says nothing that the description does not say.
 */
export function Overlay({ layout, unit, selection, atMs }: OverlayProps): JSX.Element {
  return (
    <svg class="diagram-overlay" {...sized(layout.width, layout.height, unit)} aria-hidden="true">
      <Curtain layout={layout} atMs={atMs} />
      <Frames marks={layout.marks} selection={selection} />
    </svg>
  );
}

/** Frames the picked and the pointed step. */
function Frames({ marks, selection }: { readonly marks: readonly Mark[]; readonly selection: Selection }) {
  const framed = [
    ['picked', selection.picked.value],
    ['pointed', selection.pointed.value],
  ] as const;
  return (
    <>
      {framed.map(([name, id]) => {
        const mark = id === undefined ? undefined : marks.find(({ step: { event } }) => event.id === id);
        if (!mark) return null;
        const around = { left: mark.left - 3, right: mark.right + 3, y: mark.y };
        return <rect key={name} class={name} {...band(around, half.span + 3)} rx="6" />;
      })}
    </>
  );
}

/** Fades what has not happened yet. */
function Curtain({ layout: { width, height, times }, atMs }: Pick<OverlayProps, 'layout' | 'atMs'>) {
  if (atMs.value === undefined) return null;
  const x = xAt(times, atMs.value);
  return (
    <>
      <rect class="curtain" x={x} y={axisHeight - 8} width={width - x} height={height - axisHeight + 8} />
      <line class="cursor" x1={x} x2={x} y1={axisHeight - 16} y2={height} />
    </>
  );
}
