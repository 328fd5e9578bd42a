import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Mark } from '../layout/marks.ts';
import { titlesWidth } from '../layout/sizes.ts';

const step = 1.5;
const least = 0.5;
const most = 24;
/** Between a step that comes into view and the edge, in CSS pixels. */
const margin = 24;

export interface Zooming {
  in(): void;
  out(): void;
  /** Back to as wide as the box, if it fits. */
  fit(): void;
  /** With Ctrl held, as a pinch on a touchpad comes too, the wheel zooms; without it, it scrolls as ever. */
  onWheel(wheel: WheelEvent): void;
}

/** What is zoomed, and what keeps its place. */
export interface Zoomed {
  readonly zoom: number;
  setZoom(zoom: number): void;
  readonly marks: readonly Mark[];
  /** CSS pixels per pixel of the picture. */
  readonly unit: number;
  /** The id of the event that is picked or focused. */
  anchor(): string | undefined;
}

/**
 * Zooms the picture in its box. The picked or focused step keeps its place, and comes into view if it was not; without one,
 * the step that is nearest to the middle of the visible part. With the wheel it is the step that is nearest to the pointer.
 */
export function useZoom(box: RefObject<HTMLElement | null>, { zoom, setZoom, marks, unit, anchor }: Zoomed): Zooming {
  const kept = useRef<{ id: string; at: number }>(undefined);
  useLayoutEffect(() => {
    const element = box.current;
    const mark = marks.find(({ step: { event } }) => event.id === kept.current?.id);
    if (element && mark && kept.current) element.scrollLeft = mark.right * unit - kept.current.at;
    kept.current = undefined;
  }, [box, marks, unit]);

  const to = (wanted: number, pointer?: number) => {
    const element = box.current;
    const next = Math.min(most, Math.max(least, wanted));
    if (!element || next === zoom) return;
    const room = element.clientWidth - titlesWidth * unit;
    const placeOf = ({ right }: Mark) => right * unit - element.scrollLeft;
    const distance = (mark: Mark) => Math.abs(placeOf(mark) - (pointer ?? room / 2));
    const id = pointer === undefined ? anchor() : undefined;
    const fixed =
      marks.find(({ step }) => step.event.id === id) ?? marks.toSorted((a, b) => distance(a) - distance(b))[0];
    if (fixed)
      kept.current = { id: fixed.step.event.id, at: Math.min(room - margin, Math.max(placeOf(fixed), 4 * margin)) };
    setZoom(next);
  };
  return {
    in: () => to(zoom * step),
    out: () => to(zoom / step),
    fit: () => to(1),
    onWheel: (wheel) => {
      if (!wheel.ctrlKey) return;
      wheel.preventDefault(); // else the browser zooms the whole page
      const left = box.current?.getBoundingClientRect().left ?? 0;
      to(zoom * Math.exp(-wheel.deltaY / 300), wheel.clientX - left - titlesWidth * unit);
    },
  };
}
