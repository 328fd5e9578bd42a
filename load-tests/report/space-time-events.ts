import type { Inconsistency, RequestStep } from './inconsistency.ts';

/** One event of a space-time diagram: a request accesses the user's row or the ledger. */
export interface SpaceTimeEvent {
  /** The request's name. */
  readonly name: string;
  readonly with: 'row' | 'ledger';
  readonly does: 'reads' | 'writes' | 'charges' | 'refunds';
  /** Since the first step. For a read, an upper bound. */
  readonly ms: number;
  /** Short: there is little room. */
  readonly label: string;
}

/** A write that was decided on a stale read. The numbers are indices of events. */
export interface LostUpdate {
  readonly read: number;
  readonly write: number;
  /** The write that was lost; absent if it is not among the steps. */
  readonly destroyed?: number;
}

export interface SpaceTime {
  readonly events: readonly SpaceTimeEvent[];
  readonly lost: readonly LostUpdate[];
}

/**
 * Puts the steps in order, with the reads that the writes were decided on. The time of a read is not recorded, only the version
 * that it found. So each read is placed at its latest possible time: before its request's first step towards the write, and
 * before the version that it found was overwritten.
 */
export function placeEvents({ steps }: Inconsistency): SpaceTime {
  const reads = steps.flatMap((_, write) => readFor(steps, write) ?? []);
  const events: SpaceTimeEvent[] = [];
  const readAt = new Map<number, number>();
  const stepAt: number[] = [];
  steps.forEach((own, index) => {
    for (const { write, before, event } of reads) {
      if (before !== index) continue;
      readAt.set(write, events.length);
      events.push(event);
    }
    stepAt.push(events.length);
    events.push(eventOf(own));
  });
  const lost = reads.flatMap(({ write, isStale, destroyed }) => {
    const [read, writeAt] = [readAt.get(write), stepAt[write]];
    if (!isStale || read === undefined || writeAt === undefined) return [];
    const destroyedAt = stepAt[destroyed];
    return [{ read, write: writeAt, ...(destroyedAt !== undefined && { destroyed: destroyedAt }) }];
  });
  return { events, lost };
}

interface Read {
  /** The step that was decided on it. */
  readonly write: number;
  /** The step before which it is placed. */
  readonly before: number;
  readonly event: SpaceTimeEvent;
  readonly isStale: boolean;
  /** The step whose write was lost; -1 if there is none. */
  readonly destroyed: number;
}

/** @returns the read that a step was decided on, if the step is a write. */
function readFor(steps: readonly RequestStep[], write: number): Read | undefined {
  const own = steps[write];
  if (own?.step.did !== 'wrote') return undefined;
  const { name, step } = own;
  const isOwnWrite = (other: RequestStep) => other.name === name && other.step.did === 'wrote';
  const lastWrite = steps.slice(0, write).findLastIndex(isOwnWrite);
  const firstStep = steps.findIndex((other, index) => index > lastWrite && other.name === name);
  const overwritten = writeOver(steps, step.readVersion);
  const before = overwritten === -1 ? firstStep : Math.min(firstStep, overwritten);
  const ms = steps[before]?.ms ?? own.ms;
  return {
    write,
    before,
    event: { name, with: 'row', does: 'reads', ms, label: `reads version ${step.readVersion}` },
    isStale: step.readVersion !== step.overwroteVersion,
    destroyed: writeOver(steps, step.overwroteVersion - 1),
  };
}

/** @returns the index of the write that overwrote this version; -1 if it is not among the steps. */
function writeOver(steps: readonly RequestStep[], version: number): number {
  return steps.findIndex(({ step }) => step.did === 'wrote' && step.overwroteVersion === version);
}

function eventOf({ name, ms, step }: RequestStep): SpaceTimeEvent {
  if (step.did !== 'wrote') {
    const { did, chargeId, amount } = step;
    return did === 'charged'
      ? { name, ms, with: 'ledger', does: 'charges', label: `charges ${amount} (charge ${chargeId})` }
      : { name, ms, with: 'ledger', does: 'refunds', label: `refunds charge ${chargeId}` };
  }
  const { paid, readVersion, overwroteVersion } = step;
  const written = `writes ${paid ? 'paid' : 'unpaid'}: version ${overwroteVersion + 1}`;
  const stale = readVersion === overwroteVersion ? '' : `, having read ${readVersion}`;
  return { name, ms, with: 'row', does: 'writes', label: written + stale };
}
