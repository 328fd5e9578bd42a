import type { TraceEvent } from '../../../lab/trace/event.ts';
import { formatVersion } from '../format.ts';

/** True if the write was decided on a stale read: a lost update. */
export function isStaleWrite({ step, overwrote, readVersion }: TraceEvent): boolean {
  return step === 'written' && overwrote !== undefined && overwrote !== readVersion;
}

/** The write whose version a stale write overwrote; undefined if the trace does not have it. */
export function findLostWrite(write: TraceEvent, events: readonly TraceEvent[]): TraceEvent | undefined {
  const { userId, overwrote = 0 } = write;
  return events.findLast(
    (event) => event.step === 'written' && event.userId === userId && event.overwrote === overwrote - 1,
  );
}

/** A write as a trace or the database recorded it. */
export type Written = Pick<TraceEvent, 'overwrote' | 'paid' | 'readVersion'>;

/** Such as `wrote v2 (paid), decided on v0`. @param write with the version that it overwrote. */
export function describeWrite({ overwrote = 0, paid, readVersion = overwrote }: Written): string {
  return `wrote ${formatVersion(overwrote + 1, paid)}, decided on v${readVersion}`;
}

/**
 * Such as `wrote v2 (paid), decided on v0: v1 (unpaid) by B (cancel) is lost`.
 *
 * @param lostWrite undefined if it is not recorded.
 * @param by whose it was, if that is to be said.
 */
export function describeStaleWrite(write: Written, lostWrite: Pick<Written, 'paid'> | undefined, by?: string): string {
  const lost = formatVersion(write.overwrote ?? 0, lostWrite?.paid);
  return `${describeWrite(write)}: ${lost}${by === undefined ? '' : ` by ${by}`} is lost`;
}
