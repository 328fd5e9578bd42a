import type { RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import type { Extent } from '../layout/place.ts';
import { titlesWidth } from '../layout/sizes.ts';

/** A press that moves less than this is a click, in CSS pixels. */
const dragFrom = 5;
const margin = 24;

export interface Panning {
  /** By most of the visible width, so that part of it stays visible. */
  by(direction: 1 | -1): void;
  /**
   * Scrolls as little as shows the first of these parts of the picture that the box has room for, or else the last.
   *
   * @param how default: smoothly, unless the system prefers reduced motion.
   */
  show(parts: readonly Extent[], how?: 'instant'): void;
  /** True if the press that ends with this click has panned the picture. */
  hasDragged(): boolean;
  readonly handlers: {
    onPointerDown(press: PointerEvent): void;
    onPointerMove(move: PointerEvent): void;
    onPointerUp(): void;
    onPointerCancel(): void;
  };
}

/**
 * Pans the picture in its box: by a mouse drag, by steps, or to given parts. Touch scrolls natively.
 *
 * @param unit CSS pixels per pixel of the picture.
 */
export function usePan(box: RefObject<HTMLElement | null>, unit: number): Panning {
  const drag = useRef<{ x: number; scrollLeft: number }>(undefined);
  const moved = useRef(false);
  const scrollTo = (left: number, how?: 'instant') => {
    const isCalm = how === 'instant' || matchMedia('(prefers-reduced-motion: reduce)').matches;
    box.current?.scrollTo({ left, behavior: isCalm ? 'instant' : 'smooth' });
  };
  return {
    by: (direction) => {
      const element = box.current;
      if (element) scrollTo(element.scrollLeft + direction * 0.7 * (element.clientWidth - titlesWidth * unit));
    },
    show: (parts, how) => {
      const element = box.current;
      if (!element) return;
      const { scrollLeft } = element;
      const room = element.clientWidth - titlesWidth * unit;
      const inPixels = parts.map(({ left, right }) => ({ left: left * unit - margin, right: right * unit + margin }));
      const part = inPixels.find(({ left, right }) => right - left <= room) ?? inPixels.at(-1);
      if (!part) return;
      if (part.left < scrollLeft) scrollTo(part.left, how);
      else if (part.right > scrollLeft + room) scrollTo(part.right - room, how);
    },
    hasDragged: () => moved.current,
    handlers: {
      onPointerDown: ({ button, pointerType, clientX }) => {
        moved.current = false;
        if (button !== 0 || pointerType !== 'mouse' || !box.current) return;
        drag.current = { x: clientX, scrollLeft: box.current.scrollLeft };
      },
      onPointerMove: ({ clientX, pointerId }) => {
        const element = box.current;
        if (!element || !drag.current) return;
        const dx = clientX - drag.current.x;
        if (!moved.current && Math.abs(dx) < dragFrom) return;
        moved.current = true;
        element.setPointerCapture(pointerId); // it goes on when the pointer leaves the box
        element.scrollLeft = drag.current.scrollLeft - dx;
      },
      onPointerUp: () => {
        drag.current = undefined;
      },
      onPointerCancel: () => {
        drag.current = undefined;
      },
    },
  };
}
