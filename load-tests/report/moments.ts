import type { Story, StoryStep } from './story-steps.ts';

/** One moment of a space-time diagram: a request meets the user's row, or the ledger. */
export interface Moment {
  /** The request's name. */
  readonly name: string;
  readonly with: 'row' | 'ledger';
  readonly does: 'reads' | 'writes' | 'charges' | 'refunds';
  /** Since the story's first step. Of a read, the time before which it was. */
  readonly ms: number;
  /** In few words: there is little room. */
  readonly label: string;
}

/** A write that was decided on an outdated read. The numbers are places in the list of moments. */
export interface LostUpdate {
  readonly read: number;
  readonly write: number;
  /** The write that it destroyed; absent when that is not part of the story. */
  readonly destroyed?: number;
}

export interface SpaceTime {
  readonly moments: readonly Moment[];
  readonly lost: readonly LostUpdate[];
}

/**
 * The moments of a story in order, with the reads that its writes relied on. Nobody records when a read was, only what it
 * found. So each stands where it was at the latest: before its request's first step towards the write, as that was decided
 * on it, and before the version that it found was overwritten.
 */
export function placeMoments({ steps }: Story): SpaceTime {
  const reads = steps.flatMap((_, write) => readFor(steps, write) ?? []);
  const moments: Moment[] = [];
  const readAt = new Map<number, number>();
  const stepAt: number[] = [];
  steps.forEach((own, index) => {
    for (const { write, before, moment } of reads) {
      if (before !== index) continue;
      readAt.set(write, moments.length);
      moments.push(moment);
    }
    stepAt.push(moments.length);
    moments.push(momentOf(own));
  });
  const lost = reads.flatMap(({ write, isStale, destroyed }) => {
    const [read, writeAt] = [readAt.get(write), stepAt[write]];
    if (!isStale || read === undefined || writeAt === undefined) return [];
    const destroyedAt = stepAt[destroyed];
    return [{ read, write: writeAt, ...(destroyedAt !== undefined && { destroyed: destroyedAt }) }];
  });
  return { moments, lost };
}

interface Read {
  /** The step that relied on it. */
  readonly write: number;
  /** The step that it came before. */
  readonly before: number;
  readonly moment: Moment;
  readonly isStale: boolean;
  /** The step that the write destroyed; -1 if there is none. */
  readonly destroyed: number;
}

/** @returns the read that a step relied on, if the step is a write. */
function readFor(steps: readonly StoryStep[], write: number): Read | undefined {
  const own = steps[write];
  if (own?.step.did !== 'wrote') return undefined;
  const { name, step } = own;
  const isOwnWrite = (other: StoryStep) => other.name === name && other.step.did === 'wrote';
  const lastWrite = steps.slice(0, write).findLastIndex(isOwnWrite);
  const firstStep = steps.findIndex((other, index) => index > lastWrite && other.name === name);
  const overwritten = writeOver(steps, step.readVersion);
  const before = overwritten === -1 ? firstStep : Math.min(firstStep, overwritten);
  const ms = steps[before]?.ms ?? own.ms;
  return {
    write,
    before,
    moment: { name, with: 'row', does: 'reads', ms, label: `reads version ${step.readVersion}` },
    isStale: step.readVersion !== step.overwroteVersion,
    destroyed: writeOver(steps, step.overwroteVersion - 1),
  };
}

/** @returns the place of the write that made the version after this one; -1 if it is not in the story. */
function writeOver(steps: readonly StoryStep[], version: number): number {
  return steps.findIndex(({ step }) => step.did === 'wrote' && step.overwroteVersion === version);
}

function momentOf({ name, ms, step }: StoryStep): Moment {
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
