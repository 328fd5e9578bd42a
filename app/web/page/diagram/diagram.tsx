import type { JSX } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { TraceEvent } from '../../../lab/trace/event.ts';
import { describeShift, describeStep, describeTrace } from '../narrative/describe.ts';
import { readTrace } from '../trace/steps.ts';
import { type Layout, layOut, type Scale } from './layout/layout.ts';
import type { Extent } from './layout/place.ts';
import { titlesWidth } from './layout/sizes.ts';
import { LaneTitles } from './render/lane-titles.tsx';
import { Legend } from './render/legend.tsx';
import { Picture } from './render/picture.tsx';
import { Toolbar } from './render/toolbar.tsx';
import { usePan } from './render/use-pan.ts';
import { useWidth } from './render/use-width.ts';
import { useZoom } from './render/use-zoom.ts';

export interface DiagramProps {
  readonly events: readonly TraceEvent[];
  /** Real time, or the order of the steps with a column for each. */
  readonly scale: Scale;
  readonly title: string;
}

/**
 * The space-time diagram of a trace, with what one needs to move about in it. All of it can be had by keyboard: the arrow
 * keys go from step to step, Enter picks one, `+`, `-` and `0` zoom, Shift and an arrow key pan.
 *
 * The steps are a listbox. A screen reader then hands the arrow keys over, and says which of how many an option is and
 * whether it is picked; of an `img` it would tell no step, and an `application` would take all its own keys away. An option's
 * name is its whole description. So the line of text below is not live: a screen reader has just read the same aloud.
 */
export function Diagram({ events, scale, title }: DiagramProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const steps = useRef<HTMLDivElement>(null);
  const [zoom, setZoom] = useState(1);
  const [currentId, setCurrent] = useState<string>();
  const [pointedId, setPointed] = useState<string>();
  const [pickedId, setPicked] = useState<string>();
  const width = useWidth(box);
  const trace = useMemo(() => readTrace(events), [events]);
  const layout = useMemo(() => layOut(trace, { scale, room: width - titlesWidth, zoom }), [trace, scale, width, zoom]);
  const { marks } = layout;
  const zooming = useZoom(box, layout, zoom, setZoom);
  const pan = usePan(box);
  const columnOf = (id: string | undefined) => marks.findIndex(({ step }) => step.event.id === id);
  const current = Math.max(0, columnOf(currentId));

  const goTo = (column: number) => {
    steps.current?.querySelector<SVGElement>(`[role=option][data-step="${column}"]`)?.focus({ preventScroll: true });
    steps.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    pan.show(partsFor(layout, column));
  };
  const pick = (column: number) => {
    const event = marks[column]?.step.event;
    if (!event) return;
    setPicked(event.id);
    goTo(column);
  };
  const onKeyDown = (key: KeyboardEvent) => {
    if (key.ctrlKey || key.metaKey || key.altKey) return;
    const direction = directions.get(key.key);
    if (direction && key.shiftKey) pan.by(direction);
    else if (direction) goTo(Math.min(Math.max(0, current + direction), marks.length - 1));
    else if (key.key === 'Home') goTo(0);
    else if (key.key === 'End') goTo(marks.length - 1);
    else if (key.key === 'Enter' || key.key === ' ') pick(current);
    else if (key.key === '+' || key.key === '=') zooming.in();
    else if (key.key === '-') zooming.out();
    else if (key.key === '0') zooming.fit();
    else return;
    key.preventDefault();
  };

  const lost = trace.anomalies[0];
  const described = marks[columnOf(pointedId ?? currentId)]?.step;
  // Pointing at a step changes the words alone.
  const picture = useMemo(
    () => <Picture trace={trace} layout={layout} current={current} picked={pickedId} />,
    [trace, layout, current, pickedId],
  );
  return (
    <figure class="diagram">
      <figcaption>{title}</figcaption>
      <Toolbar zoom={zoom} zooming={zooming} pan={pan.by} jump={lost && (() => goTo(columnOf(lost.write.id)))} />
      <div class="diagram-box" ref={box} onWheel={zooming.onWheel} {...pan.handlers}>
        <LaneTitles lanes={layout.lanes} height={layout.height} />
        <div
          ref={steps}
          class="diagram-steps"
          role="listbox"
          aria-orientation="horizontal"
          aria-label={`Steps of ${title}`}
          onKeyDown={onKeyDown}
          onClick={({ target }) => pan.hasDragged() || pick(stepAt(target))}
          onPointerMove={({ target }) => setPointed(marks[stepAt(target)]?.step.event.id)}
          onPointerLeave={() => setPointed(undefined)}
          onFocusIn={({ target }) => {
            setCurrent(marks[stepAt(target)]?.step.event.id);
            setPointed(undefined);
          }}
        >
          {picture}
        </div>
      </div>
      <p class="diagram-description">
        {described ? describeStep(described, trace) : `${describeTrace(trace)} Point at a step, or use the arrow keys.`}
      </p>
      <p class="diagram-note">
        {describeShift(trace)}
        {layout.axis.note}
      </p>
      <Legend kinds={new Set(marks.flatMap(({ step, fates }) => [step.kind, step.event.step, ...fates]))} />
    </figure>
  );
}

const directions: ReadonlyMap<string, 1 | -1> = new Map([
  ['ArrowRight', 1],
  ['ArrowDown', 1],
  ['ArrowLeft', -1],
  ['ArrowUp', -1],
]);

/** The column of the step that an element belongs to; -1 if it belongs to none. */
function stepAt(target: EventTarget | null): number {
  const element = target instanceof Element ? target.closest('[data-step]') : null;
  return Number(element?.getAttribute('data-step') ?? -1);
}

/** The parts to show when a step gets the focus: for a stale write, all that its arrow joins, if there is room. */
function partsFor({ marks, lost }: Layout, column: number): readonly Extent[] {
  const mark = marks[column];
  if (!mark) return [];
  const arrow = lost.find(({ write }) => write.column === column)?.arrow;
  const whole = arrow ? [arrow.from.x, arrow.to.x].map((left) => ({ left, right: mark.right })) : [];
  return [...whole, mark];
}
