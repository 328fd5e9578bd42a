import { type AuditedUser, auditSchema } from '../../../app/lab/audit-schema.ts';
import { userSchema } from '../../../app/payments/users.ts';
import { callLab, untilQuiet } from '../../client/lab-client.ts';
import { isCarriedOut, mayBeHalfDone } from '../../client/recorded-answer.ts';
import { checkEachUser, type UserViolation } from '../../verify/each-user.ts';
import { type Operation, operationOf } from '../../verify/operation.ts';
import type { Witnesses } from '../../verify/verdict.ts';
import { usualAmount } from '../context/requests.ts';
import type { OpenScenarioContext } from '../context/scenario-context.ts';
import { lostUpdates } from './lost-updates.ts';
import { readWrites } from './records.ts';

/** The witnesses' results for a cell, once it is quiet. */
export interface WitnessResults {
  readonly witnesses: Witnesses & { readonly linearizable: boolean };
  /** Calls answered `paid` or `cancelled`. */
  readonly acknowledged: number;
  /** Acknowledged updates that were lost: see {@link lostUpdates}. */
  readonly lost: number;
  readonly carriedOut: number;
  /**
   * Users with a call that may have begun and not finished. Their ledger is not judged: a disagreement with the flag until
   * reconciliation is no fault of the guard.
   */
  readonly unfinished: readonly number[];
  /** A user whose flag and ledger disagree. */
  readonly wronged?: AuditedUser;
  /** The simplest violation of linearizability. */
  readonly unexplained?: UserViolation;
}

const quietWithinMs = 15_000;

/**
 * Asks the witnesses about all users of a cell.
 *
 * @throws when the instances do not become quiet or do not answer.
 */
export async function askWitnesses({
  instances,
  requests,
  loads,
  users,
  stack,
}: OpenScenarioContext): Promise<WitnessResults> {
  for (const { url, name } of instances) {
    await untilQuiet({ url, instances: new Set([name]), withinMs: quietWithinMs });
  }
  const [, { url }] = instances;
  const histories = new Map<number, Operation[]>();
  const unfinished = new Set<number>();
  const add = (userId: number, operation: Operation) => {
    histories.set(userId, [...(histories.get(userId) ?? []), operation]);
  };
  const amounts = new Map<number, Set<number>>();
  // A retry that was answered has finished what the requests with its key began.
  const finished = new Set(
    requests.flatMap(({ key, operation }) => (key && operation && isCarriedOut(operation.answer) ? [key] : [])),
  );
  for (const { userId, amount, operation, key } of requests) {
    amounts.set(userId, (amounts.get(userId) ?? new Set()).add(amount));
    const known = operation && operationOf(operation);
    if (!known) continue;
    if (known.answer === 'unknown' && mayBeHalfDone(operation.answer) && !(key && finished.has(key))) {
      unfinished.add(userId);
    }
    add(userId, known);
  }
  for (const load of loads) {
    for (const [userId, operations] of load.histories) {
      for (const operation of operations) add(userId, operation);
    }
    for (const userId of load.unfinished) unfinished.add(userId);
  }

  const { staleWrites, chargedAgain, wronged: inconsistent } = await callLab(url, '/lab/audit', auditSchema);
  const wrong = { accessWithoutPaying: 0, chargedTwice: 0, chargedWithoutAccess: 0 };
  // Of all users, since a request that was refused must have charged nothing.
  for (const userId of users) {
    const invokedAtMs = performance.now();
    const { paid, balance } = await callLab(url, `/users/${userId}`, userSchema);
    const kind = anomalyOf(paid, balance, amounts.get(userId) ?? new Set([usualAmount]));
    if (kind && !unfinished.has(userId)) wrong[kind] += 1;
    if (histories.has(userId))
      add(userId, { call: 'read', answer: paid ? 'paid' : 'free', invokedAtMs, returnedAtMs: performance.now() });
  }
  const calls = [...histories.values()].flat().filter(({ call, answer }) => call !== 'read' && answer !== 'unknown');
  const acknowledged = calls.filter(({ answer }) => answer === 'paid' || answer === 'cancelled');
  const ids = new Set(acknowledged.flatMap(({ requestId }) => requestId ?? []));
  const { notLinearizable, example } = checkEachUser(histories);
  const wronged = inconsistent.find(({ userId }) => users.includes(userId) && !unfinished.has(userId));
  return {
    witnesses: { staleWrites, ...wrong, chargedAgain, linearizable: notLinearizable === 0 },
    acknowledged: acknowledged.length,
    lost: lostUpdates(await readWrites(stack.mysql.url), ids).length,
    carriedOut: calls.length,
    unfinished: [...unfinished],
    ...(wronged && { wronged }),
    ...(example && { unexplained: example }),
  };
}

/**
 * Finds a disagreement between flag and ledger: a paid user has exactly one open charge, an unpaid one none.
 *
 * @param amounts possible amounts of one charge; no two of them add up to a third.
 */
export function anomalyOf(
  paid: boolean,
  balance: number,
  amounts: ReadonlySet<number>,
): 'accessWithoutPaying' | 'chargedTwice' | 'chargedWithoutAccess' | undefined {
  if (balance > 0 && !amounts.has(balance)) return 'chargedTwice';
  if (paid) return balance === 0 ? 'accessWithoutPaying' : undefined;
  return balance > 0 ? 'chargedWithoutAccess' : undefined;
}
