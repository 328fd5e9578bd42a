/**
 * The id of an entry in a Redis stream: milliseconds, and a number within them
 * (https://redis.io/docs/latest/develop/data-types/streams/#entry-ids). Both fit into a double.
 */
export const streamIdPattern = /^\d{1,15}-\d{1,15}$/;

/** Less than every id. */
export const beforeAll = '0-0';

/** @returns true if the entry `a` comes after `b`. */
export function isAfter(a: string, b: string): boolean {
  const [aMs = 0, aNumber = 0] = a.split('-').map(Number);
  const [bMs = 0, bNumber = 0] = b.split('-').map(Number);
  return aMs === bMs ? aNumber > bNumber : aMs > bMs;
}
