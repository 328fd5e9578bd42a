import type { User } from '../../../payments/users.ts';
import { seeded, shuffled } from './random.ts';

/** True for a user without access and open charges: the start of every run but a single call. */
export function isUnpaid({ paid, balance }: User): boolean {
  return !paid && balance === 0;
}

/**
 * Chooses users for runs, unpaid ones first. The seed decides among them, so that two pages in one lab rarely choose the same.
 *
 * @returns fewer than `count` if there are not enough.
 */
export function pickUsers(users: readonly User[], count: number, seed: number): User[] {
  const mixed = shuffled(users, seeded(seed));
  return [...mixed.filter(isUnpaid), ...mixed.filter((user) => !isUnpaid(user))].slice(0, count);
}
