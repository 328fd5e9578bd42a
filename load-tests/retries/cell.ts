import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { aliveSchema } from '../../app/http/alive-schema.ts';
import { auditSchema } from '../../app/lab/audit-schema.ts';
import { keptCharges } from '../../app/payments/idempotency/recovery.ts';
import { until } from '../../app/testing/until.ts';
import { type Random, seeded } from '../../app/web/page/state/random.ts';
import { callLab, resetUsers, untilQuiet } from '../client/lab-client.ts';
import { createOverlap } from '../client/load.ts';
import { settleAll } from '../client/recorded-load.ts';
import { expectedVerdict } from '../race/expectation.ts';
import type { Stack } from '../stack/index.ts';
import { type Verdict, verdictOf, type Witnesses, witnessesOf } from '../verify/verdict.ts';
import { createRetryingClient, type Intent, type RetryingClient } from './retrying-client.ts';

/** The result of retrying clients in one mode. Other programs read it: add fields, remove none. */
export interface RetryCell extends Omit<Witnesses, 'linearizable'> {
  readonly mode: string;
  readonly keys: 'off' | 'on';
  readonly intents: number;
  /** Requests beyond the first of an intent. */
  readonly retries: number;
  /** Users that the reconcile job repaired during the run. */
  readonly repaired: number;
  /** Number of times that an instance was killed. */
  readonly kills: number;
  /** Number of requests that were in progress on an instance when it was killed. */
  readonly cutOff: number;
  /** Intents whose first final answer another one or the ledger contradicts: see {@link contradictedIn}. Null without keys. */
  readonly contradicted: number | null;
  readonly verdict: Verdict;
  readonly expected: Verdict;
}

export interface CellOptions {
  readonly mode: string;
  readonly keys: 'off' | 'on';
  readonly seed: number;
  readonly intents: number;
  readonly kills: number;
}

/** Few, so that the requests of different intents overlap. */
const userCount = 8;
const clientCount = 12;
const amount = 4900;
/** Longest time between two kills. Random, so that an instance dies at any of its steps. */
const maxUptimeMs = 400;
/** Longer than the locks and the key leases of a dead instance. */
const answeredWithinMs = 60_000;
const quietWithinMs = 60_000;

/**
 * The reconcile job runs each second, and competes with the clients for what a dead instance has left.
 *
 * @param leaseMs how long the locks and the keys of a dead instance last. An instance that stalls for longer has lost them.
 */
export const instanceEnv = (leaseMs: number) => ({
  GATEWAY_MS: '10',
  GATEWAY_LOST_ANSWERS: '0.02',
  LOCK_TTL_MS: String(leaseMs),
  IDEMPOTENCY_LEASE_MS: String(leaseMs),
  JOBS: 'on',
  JOBS_TTL_MS: '1000',
  RECONCILE: 'repair',
  RECONCILE_SCHEDULE: '* * * * * *',
  RECONCILE_AFTER_MS: String(leaseMs),
  LOG_LEVEL: 'fatal', // errors are expected here
});

/**
 * Runs clients that pay, cancel and retry while instances are killed and restarted; then asks the witnesses: the database,
 * the ledger and the intents.
 *
 * @throws when a client got no final answer in time.
 */
export async function runCell(stack: Stack, { mode, keys, seed, intents, kills }: CellOptions): Promise<RetryCell> {
  const [ownUser = 0, ...users] = (await resetUsers(stack.url, 1 + userCount)).map(({ id }) => id);
  const repairedBefore = await countRepaired(stack.mysql.url);
  let begun = 0;
  let killed = 0;
  const clients = Array.from({ length: clientCount }, (_, index) => {
    const random = seeded(seed, index);
    const client = createRetryingClient({
      url: stack.url,
      hasKeys: keys === 'on',
      random,
      withinMs: answeredWithinMs,
    });
    return { client, random };
  });
  const next = (random: Random): Intent | undefined => {
    if (begun >= intents && killed >= kills) return undefined;
    const userId = users[random(users.length)] ?? 0;
    return intentOf(random(2) === 0 ? 'pay' : 'cancel', userId);
  };
  const intentOf = (kind: 'pay' | 'cancel', userId: number): Intent => {
    begun += 1;
    return { name: `${mode}-${keys}-${begun}`, kind, userId, amount };
  };
  const overlap = createOverlap();
  let hasFailed = false;
  async function killInstances(): Promise<void> {
    const random = seeded(seed, clientCount);
    while (killed < kills && !hasFailed) {
      await sleep(random(maxUptimeMs));
      const victim = stack.instances[random(stack.instances.length)];
      if (!victim) return;
      const isAtWork = async () => hasFailed || (await callLab(victim.url, '/healthz', aliveSchema)).inFlight > 0;
      await until('the instance has a request in progress', isAtWork, { withinMs: answeredWithinMs, everyMs: 1 });
      victim.kill('SIGKILL');
      await victim.ended();
      killed += 1;
      await victim.start();
    }
  }
  const work = clients.map(async ({ client, random }, index) => {
    // The first one does not depend on luck: no other client pays or cancels for this user.
    if (index === 0) await lateDuplicate({ client, intent: intentOf('pay', ownUser) });
    for (let intent = next(random); intent && !hasFailed; intent = next(random)) {
      const ends = overlap.sends(intent.userId);
      await behaviours[random(behaviours.length)]?.({ client, random, intent });
      ends(client.answers.get(intent.name));
    }
  });
  await settleAll(
    [...work, killInstances()].map((each) =>
      each.catch((error) => {
        hasFailed = true;
        throw error;
      }),
    ),
  );
  const instances = new Set(stack.instances.map(({ name }) => name));
  await untilQuiet({ url: stack.url, instances, withinMs: quietWithinMs });

  const audit = await callLab(stack.url, '/lab/audit', auditSchema);
  const witnesses = witnessesOf(audit);
  const { linearizable: _, ...found } = witnesses;
  const answers = new Map(clients.flatMap(({ client }) => [...client.answers]));
  const answeredAnew = clients.flatMap(({ client }) => [...client.answeredAnew]);
  const contradicted =
    keys === 'off' ? null : new Set([...answeredAnew, ...(await contradictedIn(stack.mysql.url, answers))]).size;
  const sumOf = (count: 'retries' | 'cutOff') => clients.reduce((sum, { client }) => sum + client[count], 0);
  const cutOff = sumOf('cutOff');
  const given = (answer: string) => [...answers.values()].filter((each) => each === answer).length;
  const answersGiven = { paid: given('paid'), cancelled: given('cancelled') };
  const load = { overlapping: overlap.count, answers: answersGiven, missedItsFault: kills > 0 && cutOff === 0 };
  return {
    mode,
    keys,
    intents: begun,
    retries: sumOf('retries'),
    kills: killed,
    cutOff,
    repaired: (await countRepaired(stack.mysql.url)) - repairedBefore,
    ...found,
    contradicted,
    verdict: contradicted ? 'violated' : verdictOf(witnesses, load),
    // A key alone does not end the race, and a guard alone does not recognise a retry.
    expected: keys === 'off' ? 'violated' : expectedVerdict(mode, stack.instances.length),
  };
}

const chargesSql = `SELECT c.intent, COUNT(*) AS charges FROM ${keptCharges} GROUP BY c.intent`;

/** Number of charges of a pay with this final answer. After `stale-write`, a cancel has refunded its charge. */
const chargesAfter: Readonly<Record<string, number>> = { paid: 1, 'stale-write': 1, already_paid: 0 };

/** @returns the names of the pays that were charged more or less often than their first final answer says. */
async function contradictedIn(mysqlUrl: string, answers: ReadonlyMap<string, string>): Promise<string[]> {
  await using connection = await createConnection(mysqlUrl);
  const [rows] = await connection.query<RowDataPacket[]>(chargesSql);
  const charges = new Map(rows.map((row) => [String(row.intent), Number(row.charges)]));
  const isContradicted = (name: string, answer: string) => {
    const expected = chargesAfter[answer];
    return expected !== undefined && (charges.get(name) ?? 0) !== expected;
  };
  return [...answers].flatMap(([name, answer]) => (isContradicted(name, answer) ? [name] : []));
}

/** @returns the number of users that the reconcile job has repaired, over all of its runs. */
async function countRepaired(mysqlUrl: string): Promise<number> {
  await using connection = await createConnection(mysqlUrl);
  const [rows] = await connection.query<RowDataPacket[]>("SELECT detail FROM job_runs WHERE job = 'reconcile'");
  return rows.reduce((sum, { detail }) => sum + Number(/(\d+) repaired/.exec(detail ?? '')?.[1] ?? 0), 0);
}

interface Sender {
  readonly client: RetryingClient;
  readonly random: Random;
  readonly intent: Intent;
}

/** A payment that was made and cancelled is sent once more, and so is its cancellation. */
async function lateDuplicate({ client, intent }: Pick<Sender, 'client' | 'intent'>): Promise<void> {
  const opposite = intent.kind === 'pay' ? 'cancel' : 'pay';
  const undoing: Intent = { ...intent, kind: opposite, name: `${intent.name}-undone` };
  for (const each of [intent, undoing, intent, undoing]) await client.execute(each);
}

/** How clients behave. Each may send a request more than once. */
const behaviours: readonly ((sender: Sender) => Promise<unknown>)[] = [
  // A client that retries only after a failure.
  ({ client, intent }) => client.execute(intent),
  // A client whose first timeout is too short.
  ({ client, random, intent }) => client.execute(intent, 5 + random(30)),
  // A double click, or a proxy that repeats a request.
  ({ client, intent }) => settleAll([client.execute(intent), client.execute(intent)]),
  lateDuplicate,
];
