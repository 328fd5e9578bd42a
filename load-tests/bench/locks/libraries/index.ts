import type { LockLibrary } from './lock-library.ts';
import { ownLock } from './own-lock.ts';
import { redisSemaphore } from './redis-semaphore.ts';
import { redlockLibrary, sesamecareRedlock } from './redlock-family.ts';
import { redlockUniversal } from './redlock-universal.ts';

const lockLibraries: readonly LockLibrary[] = [
  ownLock,
  redisSemaphore,
  redlockLibrary,
  sesamecareRedlock,
  redlockUniversal,
];

export const libraryNames = lockLibraries.map(({ name }) => name);

/** @throws when no library has this name. */
export function findLibrary(name: string): LockLibrary {
  const library = lockLibraries.find((candidate) => candidate.name === name);
  if (!library) throw new Error(`no lock library named ${name}`);
  return library;
}
