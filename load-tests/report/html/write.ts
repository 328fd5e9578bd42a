import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Page, renderPage } from './page.ts';

/** Where the page will be, in a directory that is made if there is none. @throws when it cannot be made. */
export async function prepareReport(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  return join(directory, 'race-test.html');
}

/** Writes the page over an earlier one. @throws when the file cannot be written. */
export async function writeReport(file: string, page: Page): Promise<void> {
  await writeFile(file, renderPage(page));
}
