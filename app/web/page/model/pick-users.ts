import type { User } from '../../../payments/users.ts';
import { seeded, shuffled } from './random.ts';

/** Free, with nothing open: what every run but a single call begins with. */
export function isUnpaid({ paid, balance }: User): boolean {
  return !paid && balance === 0;
}

/**
 * Chooses users for runs: those who are free before those who must be made so first. Who it is among them, the seed decides,
 * so that two people in one lab are not sure to meet.
 *
 * @returns fewer than `count` where there are not so many.
 */
export function pickUsers(users: readonly User[], count: number, seed: number): User[] {
  const mixed = shuffled(users, seeded(seed));
  return [...mixed.filter(isUnpaid), ...mixed.filter((user) => !isUnpaid(user))].slice(0, count);
}
