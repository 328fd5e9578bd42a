import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

/** In CSS pixels: the width inside an element, and the size of the page's type. */
interface Size {
  readonly width: number;
  readonly type: number;
}

/** Before anything is measured, as where a page is exported: a common size. */
const unmeasured: Size = { width: 960, type: 17 };

/** The size of an element, kept up to date. */
export function useSize(element: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState(unmeasured);
  useLayoutEffect(() => {
    const measured = element.current;
    if (!measured) return;
    const measure = () => {
      const type = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      const width = measured.clientWidth;
      setSize((known) => (known.width === width && known.type === type ? known : { width, type }));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(measured);
    measure();
    return () => observer.disconnect();
  }, [element]);
  return size;
}
