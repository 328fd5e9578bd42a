import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Creates the directory of a page, if it does not exist.
 *
 * @param name of the file, such as `race-test.html`.
 * @returns the path of the page.
 * @throws if the directory cannot be created.
 */
export async function prepareReport(directory: string, name: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  return join(directory, name);
}
