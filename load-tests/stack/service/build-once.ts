import { mkdir, mkdtemp, rm, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isNewerThan } from './is-newer-than.ts';

export interface Build {
  /** The files and directories that it is made from. */
  readonly sources: readonly string[];
  /** The file that is there, and newer than every source, when all the others are there as well. */
  readonly mark: string;
  /** How the path of a directory begins that is made for it, on the file system that the files are to be on. */
  readonly ownPath: string;
  /** Called when it begins. */
  begins(): void;
  /** Builds it in that directory, with a file of the mark's name. */
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
export async function buildOnce({ sources, mark, ownPath, begins, build, moveOver }: Build): Promise<void> {
  const startedAt = new Date();
  if (await isNewerThan(sources, mark)) return;
  begins();
  await mkdir(dirname(ownPath), { recursive: true });
  const own = await mkdtemp(ownPath);
  try {
    await build(own);
    await utimes(join(own, basename(mark)), startedAt, startedAt); // what was changed meanwhile is newer
    await moveOver(own);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}
