import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../workload/random.ts';
import type { Contender, Told } from './contender.ts';
import { monotonicMs } from './contender-messages.ts';
import type { Answer, Claim, Doubt, Refusal, Theft } from './history.ts';

/** Takes down what is seen, while it is seen. */
export interface Recorder {
  readonly claims: Claim[];
  readonly refusals: Refusal[];
  readonly thefts: Theft[];
  readonly doubts: Doubt[];
  /** The causes with which acquires were told that Redis is unavailable. */
  readonly failures: string[];
}

export interface WalkOptions {
  readonly contender: Contender;
  /** Of the contender's process. */
  readonly process: string;
  readonly keys: readonly string[];
  readonly random: Random;
  readonly recorder: Recorder;
  /** Deletes a key behind every lock's back. */
  readonly steal: (key: string) => Promise<unknown>;
  readonly isOver: () => boolean;
}

/** The TTLs are from 80 ms to less than this. */
export const longestTtlMs = 300;
const randomTtlMs = (random: Random) => 80 + random(longestTtlMs - 80);

/** How long Redis may keep a key beyond its holder's deadline: the drift that was written off, and then some. */
const keptOnMs = 50;

/** Acquires, extends, outlives, steals and releases leases at random, until it is over or its process has been killed. */
export async function walk(options: WalkOptions): Promise<void> {
  const { contender, process, keys, random, recorder, isOver } = options;
  while (!isOver()) {
    const key = keys[random(keys.length)] ?? '';
    const ttlMs = randomTtlMs(random);
    const waitMs = [0, 20, 100, 600][random(4)] ?? 0;
    const askedAt = monotonicMs();
    const call = contender.call({ verb: 'acquire', key, options: { waitMs, ttlMs } });
    const told = await call.answer;
    if (told === 'killed') {
      recorder.doubts.push({ key, calledAt: askedAt, keptUntil: monotonicMs() + ttlMs + keptOnMs });
      return;
    }
    const { calledAt, repliedAt } = told;
    if (told.outcome === 'busy') recorder.refusals.push({ key, process, calledAt, repliedAt });
    if (told.outcome === 'unavailable') {
      recorder.failures.push(told.cause);
      recorder.doubts.push({ key, calledAt, keptUntil: repliedAt + ttlMs + keptOnMs });
    }
    if (told.outcome === 'acquired') {
      const { token, validUntil } = told;
      const times = { calledAt, grantedAt: repliedAt, endedAt: validUntil, keptUntil: validUntil + keptOnMs };
      const claim: Claim = { key, process, token, ...times, answers: [] };
      recorder.claims.push(claim);
      if (!(await holdOn(options, claim, call.id))) return;
    }
    await sleep(random(4));
  }
}

/** Does something with a lease. @returns false when its process has been killed meanwhile. */
async function holdOn(
  { contender, random, recorder, steal }: WalkOptions,
  claim: Claim,
  lease: number,
): Promise<boolean> {
  const note = ({ calledAt, repliedAt }: Told, outcome: Answer['outcome'], validUntil: number) => {
    claim.answers.push({ outcome, calledAt, repliedAt, validUntil });
  };

  for (let steps = random(3); steps >= 0; steps--) {
    const step = random(20);
    if (step < 10) await sleep(random(10));
    if (step === 10) await sleep(Math.max(0, claim.endedAt - monotonicMs()) + random(40)); // outlive it
    if (step === 11) {
      const startedAt = monotonicMs();
      await steal(claim.key);
      recorder.thefts.push({ key: claim.key, startedAt, endedAt: monotonicMs() });
    }
    if (step > 11) {
      const ttlMs = randomTtlMs(random);
      const validUntil = claim.endedAt;
      claim.keptUntil = Math.max(claim.keptUntil, monotonicMs() + ttlMs + keptOnMs); // whatever the answer is
      const told = await contender.call({ verb: 'extend', lease, ttlMs }).answer;
      if (told === 'killed') return false;
      if (told.outcome !== 'extended' && told.outcome !== 'lost') throw new Error(told.outcome);
      note(told, told.outcome, Math.min(validUntil, told.calledAt + ttlMs)); // the shorter counts from the call on
      claim.endedAt = told.outcome === 'extended' ? told.validUntil : Math.min(claim.endedAt, told.repliedAt);
      claim.keptUntil = Math.max(claim.keptUntil, told.repliedAt + ttlMs + keptOnMs);
    }
  }
  if (random(20) === 0) return true; // forgets to release
  const validUntil = claim.endedAt;
  claim.endedAt = Math.min(claim.endedAt, monotonicMs());
  const told = await contender.call({ verb: 'release', lease }).answer;
  if (told === 'killed') return false;
  if (told.outcome !== 'released' && told.outcome !== 'expired') throw new Error(told.outcome);
  note(told, told.outcome, validUntil);
  if (told.outcome === 'released') claim.keptUntil = told.repliedAt;
  return true;
}
