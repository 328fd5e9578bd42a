import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { takeBackKeySql } from '../../app/payments/pass.ts';
import { type Random, seeded } from '../../app/web/page/model/random.ts';
import { callLab, resetUsers, untilQuiet } from '../client/lab-client.ts';
import { settleAll } from '../client/recorded-load.ts';
import { expectedVerdict } from '../race/expectation.ts';
import type { Stack } from '../stack/index.ts';
import { auditSchema } from '../verify/audit.ts';
import type { Verdict } from '../verify/verdict.ts';
import { type AskingClient, createAskingClient, type Intent } from './asking-client.ts';

/** What came of retrying clients in one mode. Other programs read it: add fields, remove none. */
export interface RetryCell {
  readonly mode: string;
  readonly keys: 'off' | 'on';
  readonly intents: number;
  /** Requests beyond the first of an intent. */
  readonly retries: number;
  readonly staleWrites: number;
  readonly accessWithoutPaying: number;
  readonly chargedTwice: number;
  readonly chargedWithoutAccess: number;
  readonly chargedAgain: number;
  /** How often an instance was killed. */
  readonly kills: number;
  /** Pays whose last answer the ledger does not bear out: see {@link findWrongAnswers}. Null without keys. */
  readonly wrongAnswers: number | null;
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

/** Few, so that the requests of different intents meet. */
const userCount = 8;
const clientCount = 12;
const amount = 4900;
/** Between two kills: an instance dies at any of its steps. */
const longestLifeMs = 400;
/** Longer than the locks and the keys of a dead instance keep others out. */
const askedWithinMs = 60_000;
const quietWithinMs = 60_000;

/** What instances need for it: a dead one keeps others out for a second. */
export const instanceEnv = {
  GATEWAY_MS: '10',
  GATEWAY_LOST_ANSWERS: '0.02',
  LOCK_TTL_MS: '1000',
  IDEMPOTENCY_LEASE_MS: '1000',
  LOG_LEVEL: 'fatal', // what fails here is meant to
};

/**
 * Has clients pay and cancel, and ask again as clients do, while an instance is killed and started anew; then asks the
 * database, the ledger and the intents.
 *
 * @throws when a client was not told in time what came of its intent.
 */
export async function runCell(stack: Stack, { mode, keys, seed, intents, kills }: CellOptions): Promise<RetryCell> {
  const users = (await resetUsers(stack.url, userCount)).map(({ id }) => id);
  let asked = 0;
  let killed = 0;
  const clients = Array.from({ length: clientCount }, (_, index) => {
    const random = seeded(seed, index);
    const headers = { 'x-lock-mode': mode };
    const client = createAskingClient({
      url: stack.url,
      headers,
      hasKeys: keys === 'on',
      random,
      withinMs: askedWithinMs,
    });
    return { client, random };
  });
  const next = (random: Random): Intent | undefined => {
    if (asked >= intents && killed >= kills) return undefined;
    asked += 1;
    const userId = users[random(users.length)] ?? 0;
    return { name: `${mode}-${keys}-${asked}`, kind: random(2) === 0 ? 'pay' : 'cancel', userId, amount };
  };
  let haveFailed = false;
  async function killAgainAndAgain(): Promise<void> {
    const random = seeded(seed, clientCount);
    while (killed < kills && !haveFailed) {
      await sleep(random(longestLifeMs));
      const victim = stack.instances[random(stack.instances.length)];
      victim?.kill('SIGKILL');
      await victim?.ended();
      killed += 1;
      await victim?.start();
    }
  }
  const work = clients.map(async ({ client, random }) => {
    for (let intent = next(random); intent && !haveFailed; intent = next(random)) {
      await habits[random(habits.length)]?.({ client, random, intent });
    }
  });
  await settleAll(
    [...work, killAgainAndAgain()].map((each) =>
      each.catch((error) => {
        haveFailed = true;
        throw error;
      }),
    ),
  );
  const instances = new Set(stack.instances.map(({ name }) => name));
  await untilQuiet({ url: stack.url, instances, withinMs: quietWithinMs });

  const audit = await callLab(stack.url, '/lab/audit', auditSchema);
  const { staleWrites, accessWithoutPaying, chargedTwice, chargedWithoutAccess, chargedAgain } = audit;
  const found = { staleWrites, accessWithoutPaying, chargedTwice, chargedWithoutAccess, chargedAgain };
  const wrongAnswers =
    keys === 'off'
      ? null
      : await findWrongAnswers(stack.mysql.url, new Map(clients.flatMap(({ client }) => [...client.answers])));
  const retries = clients.reduce((sum, { client }) => sum + client.retries, 0);
  const isViolated = [...Object.values(found), wrongAnswers ?? 0].some((count) => count > 0);
  return {
    mode,
    keys,
    intents: asked,
    retries,
    kills: killed,
    ...found,
    wrongAnswers,
    verdict: isViolated ? 'violated' : retries > 0 ? 'held' : 'inconclusive',
    // A key alone leaves the race; a guard alone, the payment that is asked for again.
    expected: keys === 'off' ? 'violated' : expectedVerdict(mode, stack.instances.length),
  };
}

/** Charges by what was meant, but for those that their own request has taken back. */
const keptSql = `SELECT c.intent, COUNT(*) AS kept FROM charges c LEFT JOIN refunds r ON r.charge_id = c.id
  WHERE r.processor_key IS NULL OR r.processor_key <> ${takeBackKeySql('c.processor_key')} GROUP BY c.intent`;

/** How many charges there are when a pay was answered so. After `stale-write`, a cancel has refunded it. */
const keptAfter: Readonly<Record<string, number>> = { paid: 1, 'stale-write': 1, already_paid: 0 };

/** @returns the number of pays that were charged more or less often than their answer says. */
async function findWrongAnswers(mysqlUrl: string, answers: ReadonlyMap<string, string>): Promise<number> {
  await using connection = await createConnection(mysqlUrl);
  const [rows] = await connection.query<RowDataPacket[]>(keptSql);
  const kept = new Map(rows.map((row) => [String(row.intent), Number(row.kept)]));
  return [...answers].filter(([name, answer]) => {
    const wanted = keptAfter[answer];
    return wanted !== undefined && (kept.get(name) ?? 0) !== wanted;
  }).length;
}

interface Asked {
  readonly client: AskingClient;
  readonly random: Random;
  readonly intent: Intent;
}

/** How clients come to ask more than once. */
const habits: readonly ((asked: Asked) => Promise<unknown>)[] = [
  ({ client, intent }) => client.ask(intent),
  // A client that gives up too soon.
  ({ client, random, intent }) => client.ask(intent, 5 + random(30)),
  // A double click, or a proxy that repeats a request.
  ({ client, intent }) => settleAll([client.ask(intent), client.ask(intent)]),
  // A duplicate that arrives when all is over: the payment was made, and cancelled.
  async ({ client, intent }) => {
    await client.ask(intent);
    if (intent.kind === 'cancel') return;
    await client.ask({ ...intent, kind: 'cancel', name: `${intent.name}-undone` });
    await client.ask(intent);
  },
];
