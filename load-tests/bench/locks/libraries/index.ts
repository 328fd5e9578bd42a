import type { LockLibrary } from './lock-library.ts';
import { ownLock, ownLockWithoutTokens } from './own-lock.ts';

/** Loaded when needed: they are installed with the benchmark alone. */
const npmLibraries = new Map<string, () => Promise<LockLibrary>>([
  ['redis-semaphore', async () => (await import('./redis-semaphore.ts')).redisSemaphore],
  ['redlock', async () => (await import('./redlock.ts')).redlockLibrary],
  ['redlock-universal', async () => (await import('./redlock-universal.ts')).redlockUniversal],
]);

export const npmLibraryNames = [...npmLibraries.keys()];
/** This project's lock and the others. */
export const libraryNames = [ownLock.name, ...npmLibraryNames];

/** @throws when no library has this name, or when it is not installed. */
export async function findLibrary(name: string): Promise<LockLibrary> {
  const found =
    [ownLock, ownLockWithoutTokens].find((lock) => lock.name === name) ?? (await npmLibraries.get(name)?.());
  if (!found) throw new Error(`no lock library named ${name}`);
  return found;
}
