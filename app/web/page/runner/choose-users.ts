import type { User } from '../../../payments/users.ts';
import { fetchUser, fetchUsers } from '../api/lab.ts';
import { pickUsers } from '../state/pick-users.ts';

export interface Wanted {
  readonly count: number;
  readonly seed: number;
  /** The first user; without it, the seed chooses. */
  readonly userId?: number | undefined;
}

/** Chooses users of the lab. @returns different users; or why there are not enough. */
export async function chooseUsers({ count, seed, userId }: Wanted): Promise<readonly User[] | string> {
  const found = await fetchUsers();
  if (found.outcome !== 'ok') return 'The users could not be read: see above.';
  const { users } = found.body;
  if (users.length === 0) return 'There are no users yet. Create some at the top of the page.';
  const first = userId === undefined ? undefined : await fetchUser(userId);
  if (first && first.outcome !== 'ok') return `There is no user ${userId}. Choose another.`;
  const others = users.filter(({ id }) => id !== userId);
  const chosen = [...(first ? [first.body] : []), ...pickUsers(others, count - (first ? 1 : 0), seed)];
  return chosen.length === count ? chosen : `This needs ${count} users; the lab has ${chosen.length}.`;
}
