import type { User } from '../../../payments/users.ts';
import { call, fetchUser } from '../api/lab.ts';
import { isUnpaid } from '../model/pick-users.ts';
import { amount } from '../model/settings.ts';

const mostTries = 3;

/**
 * Cancels what the user has, so that a run begins with one who is free. A guarded cancel puts right whatever a race of this
 * page has left behind.
 *
 * @returns the user as it is then.
 */
export async function makeUnpaid(user: User): Promise<User> {
  let found = user;
  for (let tries = 0; tries < mostTries && !isUnpaid(found); tries++) {
    await call({ kind: 'cancel', userId: user.id, amount, mode: 'version', gatewayMs: 0 });
    const read = await fetchUser(user.id);
    if (read.outcome === 'ok') found = read.body;
  }
  return found;
}
