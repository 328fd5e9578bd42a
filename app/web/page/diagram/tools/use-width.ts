import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

/** Before anything is measured, as where a page is exported: a common width of such a box, in CSS pixels. */
const unmeasured = 960;

/** The width inside an element, kept up to date. */
export function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(unmeasured);
  useLayoutEffect(() => {
    const measured = element.current;
    if (!measured) return;
    const observer = new ResizeObserver(() => setWidth(measured.clientWidth));
    observer.observe(measured);
    setWidth(measured.clientWidth);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
