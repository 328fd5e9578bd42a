import type { Locator } from 'playwright-core';

/** A lost update in the diagram. */
export interface DrawnLoss {
  /** The text beside the arrow. */
  readonly labels: Locator;
  /** From the stale read to the lost write. */
  readonly arrows: Locator;
}

/** @param run the element with the picture, such as the run's article. */
export function lossIn(run: Locator): DrawnLoss {
  return {
    labels: run.locator('svg .verdict text'),
    arrows: run.locator('svg .arrow line'),
  };
}

/** @returns true if a line is red, in either theme. */
export async function isRed(line: Locator): Promise<boolean> {
  const colour = await line.evaluate(strokeOf);
  const [red = 0, green = 0, blue = 0] = colour.match(/\d+/g)?.map(Number) ?? [];
  return red > 150 && red - Math.max(green, blue) > 80;
}

/** Runs in the page, whose types are not those of Node. */
function strokeOf(line: unknown): string {
  const page = globalThis as unknown as { getComputedStyle(element: unknown): { stroke: string } };
  return page.getComputedStyle(line).stroke;
}
