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

/** Such as `wrote v2 (paid), decided on v0`. @param write with the version that it overwrote. */
export function describeWrite({ overwrote = 0, paid, readVersion = overwrote }: TraceEvent): string {
  return `wrote ${formatVersion(overwrote + 1, paid)}, decided on v${readVersion}`;
}

/** Such as `wrote v2 (paid), decided on v0: v1 (unpaid) is lost`. @param lostWrite undefined if it is not in the trace. */
export function describeStaleWrite(write: TraceEvent, lostWrite: TraceEvent | undefined): string {
  return `${describeWrite(write)}: ${formatVersion(write.overwrote ?? 0, lostWrite?.paid)} is lost`;
}
