import { accessSync, constants, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';

/** `--json`: the file of a command's result. A file that cannot be written is refused before the run, not after it. */
export function jsonOption(detail = ''): Option {
  return new Option('--json <file>', `write the result to this file as JSON${detail}`).argParser(writableFile);
}

function writableFile(file: string): string {
  const path = resolve(file);
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) throw new Error('it is a directory');
    accessSync(found ? path : dirname(path), constants.W_OK);
  } catch (error) {
    throw new InvalidArgumentError(`It cannot be written: ${(error as Error).message}.`);
  }
  return file;
}

/** Writes a command's result, if `--json` asks for it. */
export async function writeJson(file: string | undefined, result: unknown): Promise<void> {
  if (file !== undefined) await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
}
