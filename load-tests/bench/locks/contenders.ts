import type { Contender } from './contender.ts';
import { ownLock } from './own-lock.ts';
import { redisSemaphore } from './redis-semaphore.ts';
import { redlockLibrary } from './redlock-library.ts';
import { redlockUniversal } from './redlock-universal.ts';
import { sesamecareRedlock } from './sesamecare-redlock.ts';

/** Everything that is compared. */
export const contenders: readonly Contender[] = [
  ownLock,
  redisSemaphore,
  redlockLibrary,
  sesamecareRedlock,
  redlockUniversal,
];

/** @throws when there is none of that name. */
export function findContender(name: string): Contender {
  const contender = contenders.find((candidate) => candidate.name === name);
  if (!contender) throw new Error(`there is no lock named ${name}`);
  return contender;
}
