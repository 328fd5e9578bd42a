import { mkdir, mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface Build {
  /** Files and directories that it is built from. */
  readonly sources: readonly string[];
  /** The directory of the result. */
  readonly directory: string;
  /** A file of the result, moved last: if it is newer than every source, the result is complete. */
  readonly mark: string;
  /** Prefix of a temporary directory on the result's file system. */
  readonly ownPath: string;
  /** Called if there is something to build. */
  onStart(): void;
  /** Builds into that directory, the mark included. */
  build(own: string): Promise<void>;
  /** Moves the files to the result's directory, the mark last. Each move is atomic within one file system. */
  moveOver(own: string): Promise<void>;
}

/**
 * Builds something that is missing or older than its sources. Several processes may do so at once: each builds in its own
 * directory, which is removed in the end.
 *
 * @throws what `build` throws, with the old result unchanged, and what `moveOver` throws.
 */
export async function buildOnce({ sources, directory, mark, ownPath, onStart, build, moveOver }: Build): Promise<void> {
  const startedAt = new Date();
  if (await isNewerThan(sources, join(directory, mark))) return;
  onStart();
  await mkdir(dirname(ownPath), { recursive: true });
  const own = await mkdtemp(ownPath);
  try {
    await build(own);
    await utimes(join(own, mark), startedAt, startedAt); // so that a later change is newer
    await moveOver(own);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/** True if the file exists and is newer than these files and directories, except for tests and what was built. */
async function isNewerThan(sources: readonly string[], file: string): Promise<boolean> {
  const builtAt = await stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  if (builtAt === 0) return false;
  for (const source of sources) if ((await newestIn(source)) > builtAt) return false;
  return true;
}

/** @returns the time of the last change of a file or of anything in a directory, in ms since 1970. */
async function newestIn(path: string): Promise<number> {
  const own = await stat(path);
  if (!own.isDirectory()) return own.mtimeMs;
  const names = (await readdir(path)).filter((name) => name !== 'dist' && !name.endsWith('.test.ts'));
  const within = await Promise.all(names.map((name) => newestIn(join(path, name))));
  return Math.max(own.mtimeMs, ...within);
}
