import type { RecordedWrite } from './records.ts';

/**
 * An acknowledged update is a pay that was answered `paid`, or a cancel that was answered `cancelled`. It is lost when
 * the very next write of that user's flag was decided on a read from before it: that write has destroyed it unseen.
 *
 * - Each lost update is counted once, as a version is overwritten once; and only if somebody was told of it. An update
 *   whose client was left in the dark, such as one answered `unfinished`, cannot be counted on, and so not be lost.
 * - What a later write did overwrite knowingly is not lost: a cancel that ends a payment does what it is there for.
 * - The books are not counted on top: whoever is wronged there is wronged by one of these writes, and most of those whom
 *   they wrong are put right by what they do next. So the books say what harm is left, and this says what was lost.
 *
 * Jepsen's measure, made for a flag: there, updates add to a set, and one is lost when a later read of the set lacks it. A
 * late write to a set takes away all that it has not seen; to a flag, only the last of that, and the rest was overwritten
 * by somebody who had seen it. So the same accident counts for less here, never for more.
 *
 * @param acknowledged the requests that were answered `paid` or `cancelled`.
 * @returns those of them whose update was lost.
 */
export function lostUpdates(writes: readonly RecordedWrite[], acknowledged: ReadonlySet<string>): string[] {
  const versionOf = (userId: number, version: number) => `${userId} ${version}`;
  const writers = new Map(
    writes.map(({ userId, requestId, overwroteVersion }) => [versionOf(userId, overwroteVersion + 1), requestId]),
  );
  return writes
    .filter(({ readVersion, overwroteVersion }) => readVersion !== overwroteVersion)
    .flatMap(({ userId, overwroteVersion }) => writers.get(versionOf(userId, overwroteVersion)) ?? [])
    .filter((requestId) => acknowledged.has(requestId));
}

/** @returns how many of a hundred acknowledged updates were lost, to one decimal place; where there were none, 0. */
export function lostPercent({ lost, acknowledged }: { lost: number; acknowledged: number }): number {
  return acknowledged === 0 ? 0 : Math.round((1000 * lost) / acknowledged) / 10;
}
