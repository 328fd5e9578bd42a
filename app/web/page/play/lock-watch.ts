import { type ReadonlySignal, signal } from '@preact/signals';
import { askLocks } from '../api/lab.ts';
import { isLocked, type LocksLook } from '../model/locks.ts';

/** Whose locks are looked at: nobody's, but while something of theirs is under way. */
export interface LockWatch {
  /** As they were found last; undefined while nobody's are looked at. */
  readonly locks: ReadonlySignal<LocksLook | undefined>;
  /** @returns what says that nothing of theirs is under way any more. They are looked at until their locks are gone. */
  watch(userIds: readonly number[]): () => void;
  look(): Promise<void>;
  /** What was found is out of date. */
  forget(): void;
}

interface Watched {
  readonly userIds: readonly number[];
  isOver: boolean;
}

export function createLockWatch(): LockWatch {
  const locks = signal<LocksLook | undefined>();
  const all = new Set<Watched>();

  return {
    locks,
    watch(userIds) {
      const watched = { userIds, isOver: false };
      all.add(watched);
      return () => {
        watched.isOver = true;
      };
    },
    async look() {
      if (all.size === 0) return;
      const over = [...all].filter(({ isOver }) => isOver); // before it is asked: their locks come no more
      const found = await askLocks([...new Set([...all].flatMap(({ userIds }) => userIds))]);
      if (found.outcome !== 'ok') {
        locks.value = { outcome: 'unanswered' };
        return;
      }
      const { locks: held, unreachable } = found.body;
      for (const watched of over) {
        if (unreachable.length === 0 && !isLocked(watched.userIds, held)) all.delete(watched);
      }
      locks.value = all.size === 0 ? undefined : { outcome: 'seen', held, unreachable };
    },
    forget() {
      locks.value = undefined;
    },
  };
}
