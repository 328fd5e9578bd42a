import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Layout } from '../layout/layout.ts';
import { titlesWidth } from '../layout/sizes.ts';

const step = 1.5;
const least = 0.5;
const most = 24;

export interface Zooming {
  in(): void;
  out(): void;
  /** Back to as wide as the box, if it fits. */
  fit(): void;
  /** With Ctrl held, as a pinch on a touchpad comes too, the wheel zooms; without it, it scrolls as ever. */
  onWheel(wheel: WheelEvent): void;
}

/**
 * Zooms the picture in its box. The step that is nearest to the pointer, or to the middle of the visible part,
 * keeps its place.
 */
export function useZoom(
  box: RefObject<HTMLElement | null>,
  layout: Layout,
  zoom: number,
  setZoom: (zoom: number) => void,
): Zooming {
  const kept = useRef<{ id: string; at: number }>(undefined);
  useLayoutEffect(() => {
    const element = box.current;
    const mark = layout.marks.find(({ step: { event } }) => event.id === kept.current?.id);
    if (element && mark && kept.current) element.scrollLeft = mark.right - kept.current.at;
    kept.current = undefined;
  }, [box, layout]);

  const to = (wanted: number, at?: number) => {
    const element = box.current;
    const next = Math.min(most, Math.max(least, wanted));
    if (!element || next === zoom) return;
    const shown = at ?? (element.clientWidth - titlesWidth) / 2;
    const distance = (right: number) => Math.abs(right - element.scrollLeft - shown);
    const [nearest] = [...layout.marks].sort((a, b) => distance(a.right) - distance(b.right));
    if (nearest) kept.current = { id: nearest.step.event.id, at: nearest.right - element.scrollLeft };
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
      to(zoom * Math.exp(-wheel.deltaY / 300), wheel.clientX - left - titlesWidth);
    },
  };
}
