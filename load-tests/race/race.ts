import { allEnded } from '../client/all-ended.ts';
import { callLab, resetUsers, untilQuiet } from '../client/lab-client.ts';
import { drive } from '../client/load.ts';
import { driveRecorded, recordingClients, usersAClient, whyNoHistory } from '../client/recorded-load.ts';
import { createRecorder } from '../client/recorder.ts';
import { createTally, type Tally } from '../client/tally.ts';
import type { RunReport } from '../report/run-report.ts';
import { type Audit, auditSchema, type WrongedUser } from '../verify/audit.ts';
import { plainestOf, type UserViolation } from '../verify/each-user.ts';
import { expectedVerdict, type LockKey } from '../verify/expectation.ts';
import { addWitnesses, noWitnesses, verdictOf, witnessesOf } from '../verify/verdict.ts';
import { withAmounts } from './amounts.ts';
import { addHistories, noHistory, type Testimony, testify } from './history-witness.ts';

export interface RaceOptions {
  readonly url: string;
  /** The mode that the stack is in. */
  readonly mode: string;
  readonly users: number;
  /** How many amounts each user pays and cancels. */
  readonly amounts: number;
  /** What the stack makes the lock's key of. */
  readonly lockKey: LockKey;
  readonly connections: number;
  /** How long the load lasts, all rounds together. */
  readonly seconds: number;
  /** So many requests a round, however long they take, in the place of {@link roundSeconds}. */
  readonly requests?: number;
  readonly seed: number;
  /** Sent with every request, such as the mode for a stack that is in another one. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Called after each round. */
  readonly onProgress?: (progress: { seconds: number; requests: number }) => void;
}

/**
 * How long a round is. What goes wrong for a user is overwritten by whatever that user does next, and mostly put right
 * by it; a round ends, everything comes to rest, and what is wrong then is counted before anybody can hide it.
 */
const roundSeconds = 0.5;
/** A request may wait for its lock, then for the processor; and then the machine may be busy. */
const quietWithinMs = 30_000;

/** What a race came to. */
export interface Raced {
  readonly report: RunReport;
  /** The users who were wronged, those with access without paying first. */
  readonly wronged: readonly WrongedUser[];
  /** A recorded user whose answers no order explains, if there is one: the plainest. */
  readonly unexplained?: UserViolation;
}

/**
 * The race in rounds, each with fresh users: the load, quiet, the audit. What the witnesses count is added up. Beside the
 * load, calls for users of their own are recorded, for their history to be checked; these are not counted in `requests`,
 * but the witnesses inside the database see all users.
 *
 * @throws when the stack does not answer, or does not come to rest.
 */
export async function race(options: RaceOptions): Promise<Raced> {
  const { mode, amounts, lockKey, seconds, onProgress = () => {} } = options;
  const rounds = Math.max(1, Math.round(seconds / roundSeconds));
  const whyNone = whyNoHistory(options);
  const clients = whyNone === undefined ? recordingClients(options.connections) : 0;
  const tally = createTally();
  const instances = new Set<string>();
  const wronged: WrongedUser[] = [];
  const unexplained: UserViolation[] = [];
  let witnesses = noWitnesses;
  let history = noHistory;

  for (let round = 0; round < rounds; round++) {
    const seed = options.seed * 1_000_003 + round;
    const played = await playRound({ ...options, seed, seconds: seconds / rounds, clients }, tally, instances);
    const { audit, testimony } = played;
    witnesses = addWitnesses(witnesses, { ...witnessesOf(audit), linearizable: testimony.linearizable });
    history = addHistories(history, testimony.history);
    wronged.push(...audit.wronged);
    if (testimony.example) unexplained.push(testimony.example);
    onProgress({ seconds: ((round + 1) * seconds) / rounds, requests: tally.requests });
  }

  const result = tally.result();
  const example = plainestOf(unexplained);
  return {
    report: {
      mode,
      ...result,
      instances: instances.size,
      witnesses,
      history: { ...history, ...(whyNone !== undefined && { whyNone }) },
      verdict: verdictOf(witnesses, result),
      expected: expectedVerdict(mode, instances.size, { amounts, lockKey }),
    },
    wronged: wronged.sort((a, b) => rank(a) - rank(b)),
    ...(example && { unexplained: example }),
  };
}

interface RoundOptions extends Omit<RaceOptions, 'mode' | 'lockKey' | 'onProgress'> {
  /** How many clients record. */
  readonly clients: number;
}

/** One round, up to its quiet end. Adds what it counts to `tally`, and who has answered to `instances`. */
async function playRound(
  { url, users: count, amounts, connections, clients, seconds, requests, seed, headers }: RoundOptions,
  tally: Tally,
  instances: Set<string>,
): Promise<{ audit: Audit; testimony: Testimony }> {
  const fresh = await resetUsers(url, count + clients * usersAClient);
  const ids = fresh.map(({ id }) => id);
  const [users, recorded] = [withAmounts(ids.slice(0, count), amounts), withAmounts(ids.slice(count), 1)];

  const stop = new AbortController();
  const requestPrefix = `recorded-${seed}`;
  await using recorder = createRecorder({ url, clients, requestPrefix, headers, signal: stop.signal });
  let isOver = false;
  const load = { url, users, connections, seconds, requests, seed, ...(headers && { headers }) };
  const driven = drive(load, tally)
    .catch((error) => {
      stop.abort();
      throw error;
    })
    .finally(() => {
      isOver = true;
    });
  const asLong = { seconds: Number.POSITIVE_INFINITY, isOver: () => isOver };
  await allEnded([driven, driveRecorded({ users: recorded, clients, seed, ...asLong }, recorder)]);
  for (const instance of [...tally.instances, ...recorder.instances]) instances.add(instance);

  await untilQuiet({ url, instances, withinMs: quietWithinMs });
  return { audit: await callLab(url, '/lab/audit', auditSchema), testimony: await testify(recorder, recorded) };
}

const rank = ({ wrong }: WrongedUser) => ['accessWithoutPaying', 'chargedTwice', 'chargedWithoutAccess'].indexOf(wrong);
