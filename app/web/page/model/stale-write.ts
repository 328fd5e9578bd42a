import type { TraceEvent } from '../../../lab/trace/event.ts';

/** Whether it was decided on a read that was outdated by then: a lost update. */
export function isStaleWrite({ step, overwrote, readVersion }: TraceEvent): boolean {
  return step === 'written' && overwrote !== undefined && overwrote !== readVersion;
}
