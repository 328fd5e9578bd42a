import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Makes the directory that a page goes to, if there is none.
 *
 * @param name of the file, such as `race-test.html`.
 * @returns where the page will be.
 * @throws when the directory cannot be made.
 */
export async function prepareReport(directory: string, name: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  return join(directory, name);
}

/** Writes the page over an earlier one. @throws when the file cannot be written. */
export async function writeReport(file: string, page: string): Promise<void> {
  await writeFile(file, page);
}
