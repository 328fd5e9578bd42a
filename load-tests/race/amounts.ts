import type { LoadUser } from '../client/load.ts';

/**
 * Pairs each user with a number of amounts that no other user has. With one amount, each user has one lock key; with more,
 * only if the key leaves the amount out.
 */
export function withAmounts(userIds: readonly number[], amounts: number): LoadUser[] {
  return userIds.flatMap((id, index) =>
    Array.from({ length: amounts }, (_, nth) => ({ id, amount: 1000 + index * amounts + nth })),
  );
}
