import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Mutant, mutate } from '../../../app/redis-lock/simulation/mutants/mutant.ts';
import { repositoryRoot } from '../../stack/repository.ts';

const lockDirectory = join(repositoryRoot, 'app/redis-lock');

/** Copies of the lock, each with one mistake. What the original becomes meanwhile does not change them. */
export interface LockCopies extends AsyncDisposable {
  /** @returns the copy's directory. @throws when the mutant does not fit the lock. */
  mutated(mutant: Mutant): Promise<string>;
}

/** The copies lie where Node finds the packages that they need, until they are disposed of. */
export async function openCopies(): Promise<LockCopies> {
  const cache = join(repositoryRoot, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const directory = await mkdtemp(join(cache, 'lock-mutants-'));
  const original = join(directory, 'original');
  let copies = 0;
  await cp(lockDirectory, original, { recursive: true, filter: (path) => path !== join(lockDirectory, 'dist') });
  return {
    async mutated(mutant) {
      const source = mutate(await readFile(join(original, mutant.file), 'utf8'), mutant);
      const to = join(directory, String(copies++));
      await cp(original, to, { recursive: true });
      await writeFile(join(to, mutant.file), source);
      return to;
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
