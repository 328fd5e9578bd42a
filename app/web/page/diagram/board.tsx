import { type Signal, useSignal } from '@preact/signals';
import { Fragment, type JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { TraceEvent } from '../../../lab/trace/event.ts';
import { messageOf } from '../../../thrown.ts';
import { describeShift, describeStep, describeTrace } from '../narrative/steps/describe.ts';
import type { Bar } from '../trace/bars.ts';
import { readTrace, type Trace } from '../trace/steps.ts';
import { layOutTogether, type Scale } from './layout/layout.ts';
import { durationOf } from './layout/replay.ts';
import { kindsIn } from './layout/signs.ts';
import { titlesWidth, unitFor } from './layout/sizes.ts';
import { Legend } from './render/legend.tsx';
import { columnIn, partsFor, RunPicture } from './run-picture.tsx';
import { createSelection, type Selection } from './selection.ts';
import { Replay } from './tools/replay.tsx';
import { savePicture } from './tools/save-picture.ts';
import { Toolbar } from './tools/toolbar.tsx';
import { usePan } from './tools/use-pan.ts';
import { useSize } from './tools/use-size.ts';
import { useZoom } from './tools/use-zoom.ts';

/** A trace to draw. */
interface DrawnRun {
  readonly title: string;
  readonly events: readonly TraceEvent[];
  /** What lasted beside the steps, such as faults. Kept as long as it is the same. */
  readonly bars?: readonly Bar[] | undefined;
}

export interface BoardProps {
  readonly runs: readonly DrawnRun[];
  /** Real time, or the order of the steps with a column for each. The reader may change it. */
  readonly scale: Signal<Scale>;
  /** Default: that of the first run. */
  readonly title?: string;
  /** Shared with lists of the same steps. Default: its own. */
  readonly selection?: Selection | undefined;
}

/** The pictures of one run or of several, on one axis, with their tools, their replay and a description. */
export function Board({
  runs,
  scale: chosen,
  title = runs[0]?.title ?? '',
  selection: shared,
}: BoardProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const scale = chosen.value;
  const own = useMemo(createSelection, []);
  const selection = shared ?? own;
  const atMs = useSignal<number | undefined>(undefined);
  const [zoom, setZoom] = useState(1);
  const [saveError, setSaveError] = useState('');
  const { width, type } = useSize(box);
  const unit = unitFor(width, type);
  // Keyed by what is in the runs: their list is another one at each render.
  const traces = useMemo(
    () => runs.map(({ events, bars = [] }) => readTrace(events, { bars })),
    runs.flatMap(({ title: name, events, bars }) => [name, events, bars]),
  );
  const layouts = useMemo(
    () => layOutTogether(traces, { scale, room: width / unit - titlesWidth, zoom }),
    [traces, scale, width, unit, zoom],
  );
  const marks = useMemo(() => layouts.flatMap((layout) => layout.marks), [layouts]);
  const anchor = () => selection.picked.value ?? selection.pointed.value;
  const zooming = useZoom(box, { zoom, setZoom, marks, unit, anchor });
  const pan = usePan(box, unit);

  const show = (id: string | undefined, how?: 'instant') => {
    const layout = layouts.find((each) => columnIn(each, id) !== -1);
    if (layout) pan.show(partsFor(layout, columnIn(layout, id)), how);
  };
  // The first lost update is in sight, also when later steps move it; so is what is picked in a list. Nothing else scrolls.
  const lostId = traces.flatMap(({ anomalies }) => anomalies)[0]?.write.id;
  const showNow = useRef(show);
  showNow.current = show;
  useEffect(() => showNow.current(lostId, 'instant'), [lostId, traces, width]);
  useEffect(() => {
    const { picked } = selection;
    return picked.subscribe((id) => id !== undefined && showNow.current(id));
  }, [selection]);

  const jump = () => {
    const stale = box.current?.querySelector<SVGElement>('[role=option].stale');
    stale?.focus({ preventScroll: true });
    stale?.closest('.diagram-steps')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    show(lostId);
  };
  const save = (format: 'svg' | 'png') => {
    setSaveError('');
    if (box.current) savePicture(box.current, title, format).catch((error) => setSaveError(messageOf(error)));
  };
  const notes = [...traces.map(describeShift), ...new Set(layouts.map(({ axis }) => axis.note))];
  return (
    <figure class="diagram">
      <div class="diagram-head">
        <figcaption>{title}</figcaption>
        <Replay traces={traces} durationMs={durationOf(traces)} atMs={atMs} selection={selection} />
      </div>
      <Toolbar
        {...{ zoom, zooming, save }}
        pan={pan.by}
        scale={chosen}
        jump={lostId === undefined ? undefined : jump}
      />
      <div class="diagram-box" ref={box} onWheel={zooming.onWheel} {...pan.handlers}>
        {layouts.map((layout, index) => {
          const { title: name } = runs[index] as DrawnRun;
          const trace = traces[index] as Trace;
          return (
            <Fragment key={name}>
              {runs.length > 1 && <p class="diagram-name">{name}</p>}
              <RunPicture title={name} {...{ trace, layout, unit, selection, atMs, pan, zooming }} />
            </Fragment>
          );
        })}
      </div>
      <Description runs={runs} traces={traces} selection={selection} />
      <p class="diagram-note">
        {notes.join(' ')} {saveError && <span role="alert">The picture was not saved: {saveError}</span>}
      </p>
      <Legend kinds={kindsIn(layouts)} />
    </figure>
  );
}

interface DescriptionProps {
  readonly runs: readonly DrawnRun[];
  readonly traces: readonly Trace[];
  readonly selection: Selection;
}

/**
 * The pointed step in words, or else the picked one, or all of it. It has the height of the longest of these, so that nothing
 * below it moves. It is not live: a screen reader has just read the same from the step.
 */
function Description({ runs, traces, selection: { pointed, picked } }: DescriptionProps): JSX.Element {
  const [all, texts] = useMemo(() => {
    const whose = (index: number) => (runs.length > 1 ? `${runs[index]?.title}: ` : '');
    const steps = traces.flatMap((trace, index) =>
      trace.steps.map((step) => [step.event.id, `${whose(index)}${describeStep(step, trace)}`] as const),
    );
    const summaries = traces.map((trace, index) => `${whose(index)}${describeTrace(trace)}`);
    return [`${summaries.join(' ')} Point at a step, or use the arrow keys.`, new Map(steps)];
  }, [traces]); // other titles make other traces, too
  const longest = [all, ...texts.values()].reduce((a, b) => (b.length > a.length ? b : a));
  return (
    <p class="diagram-description" data-longest={longest}>
      <span>{texts.get(pointed.value ?? '') ?? texts.get(picked.value ?? '') ?? all}</span>
    </p>
  );
}
