import type { JSX } from 'preact';
import type { TraceEvent } from '../../../lab/trace/event.ts';
import { describeShift, describeTrace } from '../narrative/steps/describe.ts';
import { readTrace, type TraceContext } from '../trace/steps.ts';
import { layOut } from './layout/layout.ts';
import { kindsIn } from './layout/signs.ts';
import { titlesWidth } from './layout/sizes.ts';
import { LaneTitles } from './render/lane-titles.tsx';
import { Legend } from './render/legend.tsx';
import { Picture } from './render/picture.tsx';
import { StepsTable } from './render/steps-table.tsx';

interface StillDiagramProps {
  readonly events: readonly TraceEvent[];
  readonly context?: TraceContext;
  readonly title: string;
  /** What a reader of the picture has to know. */
  readonly note?: string;
  /** The width that there is, in CSS pixels; a narrower page scrolls the picture. */
  readonly room: number;
}

/** The diagram in real time, with its steps as a table, for a page without scripts. */
export function StillDiagram({ events, context, title, note = '', room }: StillDiagramProps): JSX.Element {
  const trace = readTrace(events, context);
  const layout = layOut(trace, { scale: 'time', room: room - titlesWidth, zoom: 1 });
  return (
    <figure class="diagram">
      <figcaption>{title}</figcaption>
      {/* To be focused, so that who has no mouse can scroll it. */}
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields */}
      <div class="diagram-box" role="group" aria-label={`Diagram: ${title}`} tabindex={0}>
        <div class="diagram-run">
          <LaneTitles lanes={layout.lanes} height={layout.height} />
          <div class="diagram-steps" role="img" aria-label={`${describeTrace(trace)} The table below says the same.`}>
            <Picture trace={trace} layout={layout} />
          </div>
        </div>
      </div>
      <p class="diagram-note">
        {describeShift(trace)}
        {layout.axis.note} {note}
      </p>
      <Legend kinds={kindsIn([layout])} />
      <StepsTable events={events} context={context} />
    </figure>
  );
}
