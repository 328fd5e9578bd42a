import type { LockLibrary } from './lock-library.ts';
import { ownLock, ownLockWithoutTokens } from './own-lock.ts';
import { redisSemaphore } from './redis-semaphore.ts';
import { redlockLibrary, sesamecareRedlock } from './redlock-family.ts';
import { redlockUniversal } from './redlock-universal.ts';

const npmLibraries: readonly LockLibrary[] = [redisSemaphore, redlockLibrary, sesamecareRedlock, redlockUniversal];

export const npmLibraryNames = npmLibraries.map(({ name }) => name);
/** This project's lock and the others. */
export const libraryNames = [ownLock.name, ...npmLibraryNames];

/** @throws when no library has this name. */
export function findLibrary(name: string): LockLibrary {
  const library = [ownLock, ownLockWithoutTokens, ...npmLibraries].find((candidate) => candidate.name === name);
  if (!library) throw new Error(`no lock library named ${name}`);
  return library;
}
