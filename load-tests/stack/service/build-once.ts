import { mkdir, mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface Build {
  /** The files and directories that it is made from. */
  readonly sources: readonly string[];
  /** Where it is to be. */
  readonly directory: string;
  /** The file in there that is newer than every source when all the others are there as well. */
  readonly mark: string;
  /** How the path of a directory begins that is made for it, on the file system that the files are to be on. */
  readonly ownPath: string;
  /** Called when it begins. */
  begins(): void;
  /** Builds it in that directory, the mark as well. */
  build(own: string): Promise<void>;
  /** Moves the files over one by one, the mark when all others are there: only within one file system is that done at once. */
  moveOver(own: string): Promise<void>;
}

/**
 * Builds something where it is missing or older than its sources. Several may do so at once: each builds in a directory of
 * its own, which is gone afterwards, whatever happens.
 *
 * @throws what building it throws: then the old one is as it was, unless it was being moved over.
 */
export async function buildOnce({ sources, directory, mark, ownPath, begins, build, moveOver }: Build): Promise<void> {
  const startedAt = new Date();
  if (await isNewerThan(sources, join(directory, mark))) return;
  begins();
  await mkdir(dirname(ownPath), { recursive: true });
  const own = await mkdtemp(ownPath);
  try {
    await build(own);
    await utimes(join(own, mark), startedAt, startedAt); // what was changed meanwhile is newer
    await moveOver(own);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/** True if the file exists and is newer than each of these files and directories, except for tests. */
async function isNewerThan(sources: readonly string[], file: string): Promise<boolean> {
  const builtAt = await stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  if (builtAt === 0) return false;
  for (const source of sources) if ((await newestIn(source)) > builtAt) return false;
  return true;
}

/** @returns the time of the last change in there, including a directory's entries, in ms since 1970. */
async function newestIn(path: string): Promise<number> {
  const own = await stat(path);
  if (!own.isDirectory()) return own.mtimeMs;
  const names = (await readdir(path)).filter((name) => !name.endsWith('.test.ts'));
  const within = await Promise.all(names.map((name) => newestIn(join(path, name))));
  return Math.max(own.mtimeMs, ...within);
}
