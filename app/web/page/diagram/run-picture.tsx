import { type ReadonlySignal, useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { Trace } from '../trace/steps.ts';
import type { Layout } from './layout/layout.ts';
import type { Extent } from './layout/place.ts';
import { LaneTitles } from './render/lane-titles.tsx';
import { Overlay } from './render/overlay.tsx';
import { Picture } from './render/picture.tsx';
import type { Selection } from './selection.ts';
import type { Panning } from './tools/use-pan.ts';
import type { Zooming } from './tools/use-zoom.ts';

export interface RunPictureProps {
  readonly title: string;
  readonly trace: Trace;
  readonly layout: Layout;
  /** CSS pixels per pixel of the layout. */
  readonly unit: number;
  readonly selection: Selection;
  readonly atMs: ReadonlySignal<number | undefined>;
  readonly pan: Panning;
  readonly zooming: Zooming;
}

/**
 * The picture of one trace, and its keys: the arrow keys go from step to step, Enter picks one, `+`, `-` and `0` zoom, Shift
 * and an arrow key pan.
 *
 * The steps are a listbox. A screen reader then hands the arrow keys over, and says which of how many an option is and
 * whether it is picked; of an `img` it would read no step, and an `application` would take all its own keys away. An option's
 * name is its whole description.
 */
export function RunPicture(props: RunPictureProps): JSX.Element {
  const { title, trace, layout, unit, selection, atMs, pan, zooming } = props;
  const { pointed, picked } = selection;
  const list = useRef<HTMLDivElement>(null);
  const lossMs = trace.steps.find(({ event }) => event === trace.anomalies[0]?.write)?.endMs ?? 0;
  const isBeforeLoss = useComputed(() => atMs.value !== undefined && atMs.value < lossMs);
  const [currentId, setCurrent] = useState<string>();
  const { marks } = layout;
  const current = Math.max(0, columnIn(layout, currentId ?? picked.value));

  const idAt = (target: EventTarget | null) => marks[stepAt(target)]?.step.event.id;
  const focused = () => (list.current?.contains(document.activeElement) ? idAt(document.activeElement) : undefined);
  const goTo = (column: number) => {
    list.current?.querySelector<SVGElement>(`[role=option][data-step="${column}"]`)?.focus({ preventScroll: true });
    list.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    pan.show(partsFor(layout, column));
  };
  const pick = (column: number) => {
    const event = marks[column]?.step.event;
    if (!event) return;
    picked.value = event.id;
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

  const pickedHere = columnIn(layout, picked.value) === -1 ? undefined : picked.value;
  const picture = useMemo(
    () => <Picture trace={trace} layout={layout} unit={unit} current={current} picked={pickedHere} />,
    [trace, layout, unit, current, pickedHere],
  );
  return (
    <div class="diagram-run">
      <LaneTitles lanes={layout.lanes} height={layout.height} unit={unit} />
      <div
        ref={list}
        class={isBeforeLoss.value ? 'diagram-steps before-loss' : 'diagram-steps'}
        role="listbox"
        aria-orientation="horizontal"
        aria-label={`Steps of ${title}`}
        onKeyDown={onKeyDown}
        onClick={({ target }) => pan.hasDragged() || pick(stepAt(target))}
        onPointerMove={({ target }) => {
          pointed.value = idAt(target) ?? focused();
        }}
        onPointerLeave={() => {
          pointed.value = focused();
        }}
        onFocusIn={({ target }) => {
          setCurrent(idAt(target));
          pointed.value = idAt(target);
        }}
        onFocusOut={() => {
          pointed.value = undefined;
        }}
      >
        {picture}
        <Overlay layout={layout} unit={unit} selection={selection} atMs={atMs} />
      </div>
    </div>
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

/** The column of an event; -1 if the layout has none of this id. */
export function columnIn({ marks }: Layout, id: string | undefined): number {
  return marks.findIndex(({ step }) => step.event.id === id);
}

/** The parts to show when a step gets the focus: for a stale write, all that its arrow joins, if there is room. */
export function partsFor({ marks, lost }: Layout, column: number): readonly Extent[] {
  const mark = marks[column];
  if (!mark) return [];
  const arrow = lost.find(({ write }) => write.column === column)?.arrow;
  const whole = arrow ? [arrow.from.x, arrow.to.x].map((left) => ({ left, right: mark.right })) : [];
  return [...whole, mark];
}
