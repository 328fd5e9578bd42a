import { type ReadonlySignal, signal } from '@preact/signals';
import { fetchLocks } from '../api/lab.ts';
import { isLocked, type LockCheck } from '../trace/locks.ts';

/** Polls the locks of the users shown and of those in a run. */
export interface LockWatch {
  /** The last check; undefined before the first. */
  readonly locks: ReadonlySignal<LockCheck | undefined>;
  /** Follows the locks of these users. @returns ends it, once their locks are gone. */
  watch(userIds: readonly number[]): () => void;
  look(): Promise<void>;
  /** Checks the locks if any users are followed. */
  follow(): Promise<void>;
  /** Discards the last check as stale. */
  forget(): void;
}

/** How many users `GET /lab/locks` takes. */
const mostUsers = 100;

interface Watched {
  readonly userIds: readonly number[];
  isOver: boolean;
}

/** @param shown the users that the page shows. */
export function createLockWatch(shown: () => readonly number[]): LockWatch {
  const locks = signal<LockCheck | undefined>();
  const all = new Set<Watched>();

  async function look(): Promise<void> {
    const over = [...all].filter(({ isOver }) => isOver); // before it is asked: their locks come no more
    const ids = new Set([...[...all].flatMap(({ userIds }) => userIds), ...shown()]);
    if (ids.size === 0) return;
    const found = await fetchLocks([...ids].slice(0, mostUsers));
    if (found.outcome !== 'ok') {
      locks.value = { outcome: 'unanswered' };
      return;
    }
    const { locks: held, unreachable } = found.body;
    for (const watched of over) {
      if (unreachable.length === 0 && !isLocked(watched.userIds, held)) all.delete(watched);
    }
    locks.value = { outcome: 'seen', held, unreachable };
  }

  return {
    locks,
    watch(userIds) {
      const watched = { userIds, isOver: false };
      all.add(watched);
      return () => {
        watched.isOver = true;
      };
    },
    look,
    async follow() {
      if (all.size > 0) await look();
    },
    forget() {
      locks.value = undefined;
    },
  };
}
