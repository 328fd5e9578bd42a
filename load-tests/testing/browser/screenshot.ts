import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Locator, Page } from 'playwright-core';

export interface ScreenshotOptions {
  /** From 0 to 100. Default 80. */
  readonly quality?: number;
  /**
   * The smallest part of the page that contains all of these, visible or not; default: the visible part.
   */
  readonly of?: Locator;
  /** Around `of`, in CSS pixels. Default 0. */
  readonly margin?: number;
  /** Image pixels per CSS pixel. Default 1. */
  readonly scale?: number;
}

/**
 * Saves a screenshot as WebP, at most a third of a PNG's size.
 *
 * @param file its path; a missing folder is created.
 * @returns its size in bytes.
 */
export async function keepScreenshot(page: Page, file: string, options: ScreenshotOptions = {}): Promise<number> {
  const { quality = 80, of, margin = 0, scale = 1 } = options;
  const clip = of && { ...(await boxAround(page, of, margin)), scale };
  const session = await page.context().newCDPSession(page);
  try {
    const wanted = { format: 'webp', quality, ...(clip && { clip, captureBeyondViewport: true }) } as const;
    const { data } = await session.send('Page.captureScreenshot', wanted);
    const image = Buffer.from(data, 'base64');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, image);
    return image.length;
  } finally {
    await session.detach();
  }
}

/** @returns the smallest box around elements, with a margin, in page coordinates. */
async function boxAround(page: Page, elements: Locator, margin: number) {
  await page.evaluate("window.scrollTo({ top: 0, behavior: 'instant' })"); // boxes are relative to the viewport
  const boxes = await Promise.all((await elements.all()).map((element) => element.boundingBox()));
  const seen = boxes.filter((box) => box !== null);
  if (seen.length === 0) throw new Error(`${elements} cannot be seen`);
  const x = Math.min(...seen.map((box) => box.x)) - margin;
  const y = Math.min(...seen.map((box) => box.y)) - margin;
  const width = Math.max(...seen.map((box) => box.x + box.width)) + margin - x;
  const height = Math.max(...seen.map((box) => box.y + box.height)) + margin - y;
  return { x, y, width, height };
}
