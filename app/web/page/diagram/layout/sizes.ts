/** Heights and widths of the picture, in CSS pixels where the unit is 1. Large enough for the back row and for a finger. */
export const axisHeight = 42;
/** At the left and at the right. */
export const margin = 12;
/** The smallest target of WCAG 2.2, 2.5.8: each step is at least as wide, on either scale. */
export const leastWidth = 24;
/** Half the height of a step's span, of a version of the row, of a request's life, of the window between read and write. */
export const half = { span: 16, version: 14, request: 13, window: 21, bar: 12 } as const;
/** The minimum width of the steps of a lost update: their labels must be readable, on either scale. */
export const tellingWidth = 84;
/** The radius of a moment's point. */
export const radius = 11;
/** The mean width of a letter, on the wide side, so that a label stays inside its span. */
export const letterWidth = { label: 7.3, lost: 10.2 } as const;
/** The lanes' names: room for `app-1` and for `A cancel`. Longer ones are cut. */
export const titlesWidth = 92;
/** What the picture is drawn for, in CSS pixels: in a wider box, or beside larger type, all of it grows. */
const usual = { width: 1200, type: 17 } as const;
/** CSS pixels per pixel of the picture. @param width that of its box. @param type the size of the page's type. */
export function unitFor(width: number, type: number): number {
  return Math.min(2, Math.max(1, width / usual.width, type / usual.type));
}
