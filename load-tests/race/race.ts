import { type Audit, type AuditedUser, auditSchema } from '../../app/lab/audit-schema.ts';
import { callLab, resetUsers, untilQuiet } from '../client/lab-client.ts';
import { drive } from '../client/load.ts';
import { driveRecorded, recordingClients, settleAll, usersPerClient, whyNoHistory } from '../client/recorded-load.ts';
import { createRecorder } from '../client/recorder.ts';
import { createTally, type Tally } from '../client/tally.ts';
import type { RunReport } from '../report/run-report.ts';
import { simplestOf, type UserViolation } from '../verify/each-user.ts';
import { addWitnesses, noWitnesses, verdictOf, witnessesOf } from '../verify/verdict.ts';
import { withAmounts } from './amounts.ts';
import { expectedVerdict, type LockKey } from './expectation.ts';
import { addHistories, checkHistories, type HistoryResult, noHistory } from './history.ts';

export interface RaceOptions {
  readonly url: string;
  /** The stack's lock mode. */
  readonly mode: string;
  readonly users: number;
  /** Number of amounts that each user pays and cancels. */
  readonly amounts: number;
  /** The stack's `LOCK_KEY`. */
  readonly lockKey: LockKey;
  readonly connections: number;
  /** Total length of the load over all rounds. */
  readonly seconds: number;
  /** Requests per round; replaces {@link roundSeconds}. */
  readonly requests?: number;
  readonly seed: number;
  /** Names of the instances that were started. Without them, as of a stack at a URL, those that answer are all. */
  readonly started?: readonly string[];
  /** Sent with every request, such as `X-Lock-Mode` when the stack runs in another mode. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Called after each round. */
  readonly onProgress?: (progress: { seconds: number; requests: number }) => void;
}

/**
 * Rounds are short because a user's next request overwrites, and mostly repairs, what went wrong for that user. Each
 * round ends quiet and is audited before the next begins.
 */
const roundSeconds = 0.5;
/** Covers a wait for the lock and for the payment processor on a busy machine. */
const quietWithinMs = 30_000;

export interface RaceResult {
  readonly report: RunReport;
  /** Users with access without paying first. */
  readonly inconsistent: readonly AuditedUser[];
  /** The simplest recorded violation of linearizability. */
  readonly unexplained?: UserViolation;
}

/**
 * Runs the race in rounds, each with fresh users: load, wait until quiet, audit. The witnesses' counts are added up. Beside
 * the load, recorded calls for separate users produce the history; `requests` does not count them, but the audit covers
 * all users.
 *
 * @throws when the stack does not answer or does not become quiet.
 */
export async function race(options: RaceOptions): Promise<RaceResult> {
  const { mode, amounts, lockKey, seconds, onProgress = () => {} } = options;
  const rounds = Math.max(1, Math.round(seconds / roundSeconds));
  const whyNone = whyNoHistory(options);
  const clients = whyNone === undefined ? recordingClients(options.connections) : 0;
  const tally = createTally();
  const instances = new Set(options.started);
  const inconsistent: AuditedUser[] = [];
  const unexplained: UserViolation[] = [];
  let witnesses = noWitnesses;
  let history = noHistory;

  for (let round = 0; round < rounds; round++) {
    const seed = options.seed * 1_000_003 + round;
    const roundOptions = { ...options, seed, seconds: seconds / rounds, clients };
    const { audit, historyResult } = await runRound(roundOptions, tally, instances);
    witnesses = addWitnesses(witnesses, { ...witnessesOf(audit), linearizable: historyResult.linearizable });
    history = addHistories(history, historyResult.history);
    inconsistent.push(...audit.wronged);
    if (historyResult.example) unexplained.push(historyResult.example);
    onProgress({ seconds: ((round + 1) * seconds) / rounds, requests: tally.requests });
  }

  const result = tally.result();
  const example = simplestOf(unexplained);
  return {
    report: {
      mode,
      ...result,
      instances: instances.size,
      witnesses,
      history: { ...history, ...(whyNone !== undefined && { whyNone }) },
      verdict: verdictOf(witnesses, { ...result, history }),
      expected: expectedVerdict(mode, instances.size, { amounts, lockKey }),
    },
    inconsistent: inconsistent.sort((a, b) => rank(a) - rank(b) || a.requests.length - b.requests.length),
    ...(example && { unexplained: example }),
  };
}

interface RoundOptions extends Omit<RaceOptions, 'mode' | 'lockKey' | 'onProgress'> {
  /** Number of recording clients. */
  readonly clients: number;
}

/** Runs one round until it is quiet. Adds its counts to `tally`, and the instances that answered to `instances`. */
async function runRound(
  { url, users: count, amounts, connections, clients, seconds, requests, seed, headers }: RoundOptions,
  tally: Tally,
  instances: Set<string>,
): Promise<{ audit: Audit; historyResult: HistoryResult }> {
  const fresh = await resetUsers(url, count + clients * usersPerClient);
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
  const untilLoadEnds = { seconds: Number.POSITIVE_INFINITY, isOver: () => isOver };
  await settleAll([driven, driveRecorded({ users: recorded, clients, seed, ...untilLoadEnds }, recorder)]);
  for (const instance of [...tally.instances, ...recorder.instances]) instances.add(instance);

  await untilQuiet({ url, instances, withinMs: quietWithinMs });
  return {
    audit: await callLab(url, '/lab/audit', auditSchema),
    historyResult: await checkHistories(recorder, recorded),
  };
}

const rank = ({ wrong }: AuditedUser) => ['accessWithoutPaying', 'chargedTwice', 'chargedWithoutAccess'].indexOf(wrong);
