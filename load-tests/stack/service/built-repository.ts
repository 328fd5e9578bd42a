import { cp, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { repositoryRoot } from '../repository.ts';

interface RepositoryOptions {
  /** By path. */
  readonly files: Readonly<Record<string, string>>;
  /** Paths of files of this repository. */
  readonly copied: readonly string[];
  /** What the build depends on. */
  readonly sources: readonly string[];
  build(say: (message: string) => void, root: string): Promise<void>;
}

/** Builds a small repository before a file's tests, and copies it for each of them. */
export function builtRepository(what: string, { files, copied, sources, build }: RepositoryOptions) {
  const said: string[] = [];
  const say = (message: string) => said.push(message);
  const prefix = join(tmpdir(), `${what}-build-`);
  let built: string;
  let root: string;
  beforeAll(async () => {
    built = await mkdtemp(prefix);
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(built, file)), { recursive: true });
      await writeFile(join(built, file), text);
    }
    for (const file of copied) await cp(join(repositoryRoot, file), join(built, file));
    await symlink(join(repositoryRoot, 'node_modules'), join(built, 'node_modules'));
    await age(built, sources);
    await build(say, built);
    expect(said).toEqual([`building the ${what}`]);
  });
  beforeEach(async () => {
    said.length = 0;
    root = await mkdtemp(prefix);
    await cp(built, root, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    await age(root, sources); // timestamps of directories are not preserved
  });
  afterEach(() => rm(root, { recursive: true }));
  afterAll(() => rm(built, { recursive: true }));
  return {
    path: (...names: readonly string[]) => join(root, ...names),
    /** Builds the test's copy again, if a source is newer. */
    build: () => build(say, root),
    /** Writes a source, after the build. */
    async change(file: string, text: string): Promise<void> {
      await writeFile(join(root, file), text);
      const soon = new Date(Date.now() + 1000); // some file systems count in seconds
      await utimes(join(root, file), soon, soon);
    },
    /** What the builds of this test have said. */
    said: said as readonly string[],
  };
}

/** Sets these files' times back by a day, so that anything built in this run is newer, however slow the machine is. */
async function age(directory: string, names: readonly string[]): Promise<void> {
  const earlier = new Date(Date.now() - 86_400_000);
  for (const name of names) {
    const path = join(directory, name);
    const within = await readdir(path, { recursive: true }).catch(() => []); // of a file, nothing
    for (const one of [...within, '']) await utimes(join(path, one), earlier, earlier);
  }
}
