import type { User } from '../../../../payments/users.ts';
import { call, fetchUser } from '../../api/lab.ts';
import { amount } from '../../state/settings.ts';

const maxTries = 3;

/** True for a user without access and open charges: the start of every run but a single call. */
function isUnpaid({ paid, balance }: User): boolean {
  return !paid && balance === 0;
}

/**
 * Cancels the user's payments, so that a run begins with an unpaid user. A guarded cancel repairs what a race left behind.
 *
 * @returns the user afterwards.
 */
export async function makeUnpaid(user: User): Promise<User> {
  let found = user;
  for (let tries = 0; tries < maxTries && !isUnpaid(found); tries++) {
    await call({ kind: 'cancel', userId: user.id, amount, mode: 'version', gatewayMs: 0 });
    const read = await fetchUser(user.id);
    if (read.outcome === 'ok') found = read.body;
  }
  return found;
}
