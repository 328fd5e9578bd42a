import type { LoadUser } from '../client/load.ts';

/**
 * Gives each user so many amounts, which no other user has. A user is there once for each of them: with one, a user is
 * one lock's key; with more, only where the key leaves the amount out.
 */
export function withAmounts(userIds: readonly number[], amounts: number): LoadUser[] {
  return userIds.flatMap((id, index) =>
    Array.from({ length: amounts }, (_, nth) => ({ id, amount: 1000 + index * amounts + nth })),
  );
}
