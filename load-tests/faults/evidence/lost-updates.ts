import type { RecordedWrite } from './records.ts';

/**
 * Finds lost updates. An acknowledged update is a pay answered `paid` or a cancel answered `cancelled`. It is lost if the
 * next write of the user's flag was decided on an older read.
 *
 * - Each lost update counts once, because a version is overwritten once, and only if it was acknowledged. An update of
 *   unknown outcome, such as `unfinished`, cannot be lost.
 * - An update overwritten by a write that had read it is not lost: ending a payment is what a cancel is for.
 * - Anomalies in the ledger are not added: each is caused by one of these writes, and a user's later requests repair most.
 *   The ledger shows the remaining harm, this measure what was lost.
 *
 * This is Jepsen's measure, adapted to a flag. There, updates add to a set, and one is lost if a later read lacks it. A late
 * write to a set removes all elements that it had not read; a late write to a flag removes only the latest update, but is
 * itself lost to a third one that would have kept the set's elements. So neither figure is a bound of the other.
 *
 * @param acknowledged ids of the requests answered `paid` or `cancelled`, each of which has written. One whose write the
 *   database does not have is lost, too.
 * @returns the ids of those whose update was lost.
 */
export function lostUpdates(writes: readonly RecordedWrite[], acknowledged: ReadonlySet<string>): string[] {
  const written = new Set(writes.map(({ requestId }) => requestId));
  const gone = [...acknowledged].filter((requestId) => !written.has(requestId));
  const versionOf = (userId: number, version: number) => `${userId} ${version}`;
  const writers = new Map(
    writes.map(({ userId, requestId, overwroteVersion }) => [versionOf(userId, overwroteVersion + 1), requestId]),
  );
  const overwritten = writes
    .filter(({ readVersion, overwroteVersion }) => readVersion !== overwroteVersion)
    .flatMap(({ userId, overwroteVersion }) => writers.get(versionOf(userId, overwroteVersion)) ?? [])
    .filter((requestId) => acknowledged.has(requestId));
  return [...overwritten, ...gone];
}

/** Numbers of updates. */
export interface Loss {
  readonly lost: number;
  readonly acknowledged: number;
}

/** @returns the percentage of acknowledged updates that were lost, to one decimal or one digit; 0 only if none was. */
export function lostPercent({ lost, acknowledged }: Loss): number {
  if (acknowledged === 0) return 0;
  const percent = (100 * lost) / acknowledged;
  return percent < 0.1 ? Number(percent.toPrecision(1)) : Math.round(10 * percent) / 10;
}

/** @returns the losses of the first and the second half of a load's time, which show how far the share of one run varies. */
export function halvesOf(
  acknowledged: readonly { readonly requestId?: string; readonly returnedAtMs: number }[],
  lost: ReadonlySet<string>,
): [Loss, Loss] {
  const times = acknowledged.map(({ returnedAtMs }) => returnedAtMs).sort((a, b) => a - b);
  const middleMs = ((times[0] ?? 0) + (times.at(-1) ?? 0)) / 2;
  const lossOf = (half: typeof acknowledged): Loss => ({
    acknowledged: half.length,
    lost: half.filter(({ requestId }) => requestId !== undefined && lost.has(requestId)).length,
  });
  return [
    lossOf(acknowledged.filter(({ returnedAtMs }) => returnedAtMs <= middleMs)),
    lossOf(acknowledged.filter(({ returnedAtMs }) => returnedAtMs > middleMs)),
  ];
}
