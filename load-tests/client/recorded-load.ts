import { type Random, seeded } from '../../app/web/page/state/random.ts';
import type { LoadUser } from './load.ts';
import type { Recorder } from './recorder.ts';

export interface RecordedLoadOptions {
  /** For these recorded calls alone: an unrecorded call invalidates a history. */
  readonly users: readonly LoadUser[];
  /** Number of concurrent clients over all users; even. */
  readonly clients: number;
  readonly seconds: number;
  readonly seed: number;
  /** Ends the load before `seconds` when true. */
  readonly isOver?: () => boolean;
}

/** One group of clients working on one user. */
interface Turn {
  readonly recorder: Recorder;
  readonly user: LoadUser;
  readonly clients: number;
  readonly random: Random;
  readonly isOver: () => boolean;
}

/** As Promise.all, but rejects only after all have settled, so that no work continues behind the caller's back. */
export async function settleAll(work: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}

/**
 * Drives the recorded calls. Clients work in groups of two to eight, each group on one user at a time: either all pay at
 * once (only one may be answered `paid`) and then all cancel at once, or each makes random calls. No call begins after
 * `seconds`, after `isOver`, or after the recorder's abort; calls in flight are awaited.
 *
 * @throws the error of a call, once all others have ended.
 */
export async function driveRecorded(options: RecordedLoadOptions, recorder: Recorder): Promise<void> {
  const { users, clients, seconds, seed, isOver: isEnough = () => false } = options;
  const endMs = performance.now() + seconds * 1000;
  let failed = false;
  const isOver = () => failed || isEnough() || recorder.isAborted || performance.now() >= endMs;

  const sizes = groupSizes(clients, seeded(seed));
  const groups = sizes.map(async (size, group) => {
    const own = users.filter((_, index) => index % sizes.length === group);
    const random = seeded(seed, 1 + group);
    try {
      for (let turn = 0; !isOver(); turn++) {
        const user = own[turn % own.length];
        if (!user) throw new Error(`${users.length} users are too few for ${sizes.length} groups of clients`);
        const runTurn = random(2) === 0 ? burst : mix;
        await runTurn({ recorder, user, clients: size, random, isOver });
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  });
  await settleAll(groups);
}

/** Enough users that most turns get a fresh one. */
export const usersPerClient = 2;

/** @returns the number of clients that record beside a load: half of its connections, even, at most 8. */
export function recordingClients(connections: number): number {
  return Math.min(8, 2 * Math.floor(connections / 4));
}

/** The lab's limit. */
const maxUsers = 100_000;

/** @returns why no history can be recorded beside this load, or undefined if one can. */
export function whyNoHistory(load: { users: number; connections: number; amounts: number }): string | undefined {
  const { users, connections, amounts } = load;
  // Unpaid, or paid with one of the amounts: cancelling one amount finds nothing while another is paid.
  if (amounts > 1) return `with ${amounts} amounts an account has ${amounts + 1} states; the checker handles two`;
  // A load that is meant to have few overlaps must not get a contended one on top.
  if (connections < 4) return 'fewer than 4 connections produce few overlaps';
  if (users + recordingClients(connections) * usersPerClient > maxUsers) return 'the load takes all users of the lab';
  return undefined;
}

/** Splits the clients into groups of even size, from two to eight. */
function groupSizes(clients: number, random: Random): number[] {
  const sizes: number[] = [];
  for (let left = clients; left > 0; left -= sizes.at(-1) ?? left) sizes.push(2 + 2 * random(Math.min(left, 8) / 2));
  return sizes;
}

async function burst({ recorder, user, clients, isOver }: Turn): Promise<void> {
  for (const call of ['pay', 'cancel'] as const) {
    if (isOver()) return;
    await settleAll(Array.from({ length: clients }, () => recorder.call(user, call)));
  }
}

async function mix({ recorder, user, clients, random, isOver }: Turn): Promise<void> {
  const scripts = Array.from({ length: clients }, () =>
    Array.from({ length: 2 + random(3) }, () => (random(2) === 0 ? 'pay' : 'cancel')),
  );
  await settleAll(
    scripts.map(async (script) => {
      for (const call of script) if (!isOver()) await recorder.call(user, call);
    }),
  );
}
