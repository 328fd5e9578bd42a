import { type ReadonlySignal, signal } from '@preact/signals';
import type { User } from '../../../../payments/users.ts';
import type { Fetched } from '../../api/http.ts';
import { addUsers, fetchUser, fetchUsersOf } from '../../api/lab.ts';
import { errorOf } from '../../state/errors.ts';
import { keepInTab } from '../browser/browser-storage.ts';

interface Wanted {
  readonly count: number;
  /** The first user; without it, all are fresh ones of this tab. */
  readonly userId?: number | undefined;
}

/**
 * The users that this tab has made for its runs. Another tab or client has others, so that the one does not charge the users
 * of the other.
 */
export interface OwnUsers {
  /** Oldest first; none before the first run. */
  readonly ids: ReadonlySignal<readonly number[]>;
  /** Reads them. Those that a reset has deleted are forgotten. */
  read(): Promise<Fetched<{ users: User[] }>>;
  /** Makes so many. @returns them; or why there are none. */
  add(count: number): Promise<readonly User[] | string>;
  /** @returns different users, each fresh one only once; or why there are not enough. */
  choose(wanted: Wanted): Promise<readonly User[] | string>;
}

interface Own {
  readonly id: number;
  readonly isUsed: boolean;
}

/** How many are made when there are too few. */
export const usersAtOnce = 10;
/** The oldest ones are forgotten. */
const most = 100;

/** Leaves out what is no user. */
function readOwn(stored: unknown): readonly Own[] {
  return Array.isArray(stored) ? stored.filter((one) => Number.isSafeInteger(one?.id)) : [];
}

const whyOf = (failed: Fetched<unknown>) => errorOf(failed)?.detail ?? 'the lab does not answer.';

export function createOwnUsers(): OwnUsers {
  const stored = keepInTab('own-users', readOwn);
  const ids = signal(stored.read().map(({ id }) => id));
  const change = (changed: readonly Own[]) => {
    stored.write(changed.slice(-most));
    const after = stored.read().map(({ id }) => id);
    if (after.join() !== ids.value.join()) ids.value = after;
  };

  async function read(): Promise<Fetched<{ users: User[] }>> {
    const asked = ids.value;
    const found = await fetchUsersOf(asked);
    if (found.outcome !== 'ok') return found;
    const there = new Set(found.body.users.map(({ id }) => id));
    change(stored.read().filter(({ id }) => there.has(id) || !asked.includes(id)));
    return found;
  }

  async function add(count: number): Promise<readonly User[] | string> {
    const made = await addUsers(count);
    if (made.outcome !== 'ok') {
      return `No users could be made: ${whyOf(made)}`;
    }
    const { users } = made.body;
    change([...stored.read(), ...users.map(({ id }) => ({ id, isUsed: false }))]);
    return users;
  }

  return {
    ids,
    read,
    add,
    async choose({ count, userId }) {
      const first = userId === undefined ? undefined : await fetchUser(userId);
      if (first && first.outcome !== 'ok') return `User ${userId} could not be read. Choose another.`;
      const chosen = first ? [first.body] : [];
      const wanted = count - chosen.length;
      const found = await read();
      if (found.outcome !== 'ok') return `The users could not be read: ${whyOf(found)}`;
      const unused = new Set(stored.read().flatMap(({ id, isUsed }) => (isUsed || id === userId ? [] : [id])));
      // A copy of this tab has the same users, and may have used them meanwhile.
      const fresh = found.body.users.filter(({ id, version, balance }) => unused.has(id) && version + balance === 0);
      if (fresh.length < wanted) {
        const added = await add(Math.max(usersAtOnce, wanted));
        if (typeof added === 'string') return added;
        fresh.push(...added);
      }
      chosen.push(...fresh.slice(0, wanted));
      const taken = new Set(chosen.map(({ id }) => id));
      change(stored.read().map((own) => (taken.has(own.id) ? { ...own, isUsed: true } : own)));
      return chosen;
    },
  };
}
