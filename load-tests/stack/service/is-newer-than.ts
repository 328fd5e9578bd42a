import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** @returns whether the file is there, and was made after the last change to any of these files and directories, tests apart. */
export async function isNewerThan(sources: readonly string[], file: string): Promise<boolean> {
  const builtAt = await stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  if (builtAt === 0) return false;
  for (const source of sources) if ((await newestIn(source)) > builtAt) return false;
  return true;
}

/** @returns when anything in there was changed last, a directory's entries included. */
async function newestIn(path: string): Promise<number> {
  const own = await stat(path);
  if (!own.isDirectory()) return own.mtimeMs;
  const names = (await readdir(path)).filter((name) => !name.endsWith('.test.ts'));
  const within = await Promise.all(names.map((name) => newestIn(join(path, name))));
  return Math.max(own.mtimeMs, ...within);
}
