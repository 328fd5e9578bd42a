import { type Random, seeded } from '../../app/web/page/model/random.ts';
import { allEnded } from './all-ended.ts';
import type { LoadUser } from './load.ts';
import type { Recorder } from './recorder.ts';

export interface RecordedLoadOptions {
  /** Nobody else may call for them: a call that is not recorded makes nonsense of their histories. */
  readonly users: readonly LoadUser[];
  /** How many call at once, all users together: an even number. */
  readonly clients: number;
  readonly seconds: number;
  readonly seed: number;
  /** Whether no call is to begin any more, before that. */
  readonly isOver?: () => boolean;
}

/** One user's turn: who calls, and whether it is over. */
interface Turn {
  readonly recorder: Recorder;
  readonly user: LoadUser;
  readonly clients: number;
  readonly random: Random;
  readonly isOver: () => boolean;
}

/**
 * The calls that are recorded. The clients work in groups of two to eight, each group on one user at a time: either all of
 * them pay at once, of whom one may be told `paid`, and then all cancel at once; or each makes some calls at random.
 * No call begins after `seconds`, or when it is over or the recorder was aborted; those under way are waited for.
 *
 * @throws what a call throws, when the others have ended.
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
        const play = random(2) === 0 ? storm : mix;
        await play({ recorder, user, clients: size, random, isOver });
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  });
  await allEnded(groups);
}

/** How many users there are for each client that records: so many that most turns fall to a fresh one. */
export const usersAClient = 2;

/** How many clients record beside a load of so many connections: half as many, up to 8, and an even number. */
export function recordingClients(connections: number): number {
  return Math.min(8, 2 * Math.floor(connections / 4));
}

/** The lab makes no more users than that. */
const mostUsers = 100_000;

/** @returns why nothing is to be recorded beside a load, if nothing is. */
export function whyNoHistory(load: { users: number; connections: number; amounts: number }): string | undefined {
  const { users, connections, amounts } = load;
  // Free, or paid by one of the amounts: a cancel of one finds nothing where another is paid.
  if (amounts > 1) return `with ${amounts} amounts an account has ${amounts + 1} states, and its checker knows two`;
  // Whoever wants a load in which hardly anybody meets is not to get another one on top of it.
  if (connections < 4) return 'on fewer than 4 connections hardly anybody meets';
  if (users + recordingClients(connections) * usersAClient > mostUsers)
    return 'the load takes all users that the lab has';
  return undefined;
}

/** Groups of an even number, from two to eight. */
function groupSizes(clients: number, random: Random): number[] {
  const sizes: number[] = [];
  for (let left = clients; left > 0; left -= sizes.at(-1) ?? left) sizes.push(2 + 2 * random(Math.min(left, 8) / 2));
  return sizes;
}

async function storm({ recorder, user, clients, isOver }: Turn): Promise<void> {
  for (const call of ['pay', 'cancel'] as const) {
    if (isOver()) return;
    await allEnded(Array.from({ length: clients }, () => recorder.call(user, call)));
  }
}

async function mix({ recorder, user, clients, random, isOver }: Turn): Promise<void> {
  const scripts = Array.from({ length: clients }, () =>
    Array.from({ length: 2 + random(3) }, () => (random(2) === 0 ? 'pay' : 'cancel')),
  );
  await allEnded(
    scripts.map(async (script) => {
      for (const call of script) if (!isOver()) await recorder.call(user, call);
    }),
  );
}
