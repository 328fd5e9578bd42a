import { type AuditedUser, auditSchema } from '../../../app/lab/audit-schema.ts';
import { userSchema } from '../../../app/payments/users.ts';
import { callLab, untilQuiet } from '../../client/lab-client.ts';
import { type HalfDone, isCarriedOut, mayBeHalfDone, oneMore } from '../../client/recorded-answer.ts';
import { checkEachUser, type UserViolation } from '../../verify/each-user.ts';
import { type Operation, operationOf } from '../../verify/operation.ts';
import type { Witnesses } from '../../verify/verdict.ts';
import { usualAmount } from '../context/requests.ts';
import type { OpenScenarioContext } from '../context/scenario-context.ts';
import { anomalyOf } from './ledger.ts';
import { halvesOf, type Loss, lostUpdates } from './lost-updates.ts';
import { readWrites } from './records.ts';

/** The witnesses' results for a cell, once it is quiet. */
export interface WitnessResults {
  readonly witnesses: Witnesses & { readonly linearizable: boolean };
  /** Calls answered `paid` or `cancelled`. */
  readonly acknowledged: number;
  /** Acknowledged updates that were lost: see {@link lostUpdates}. */
  readonly lost: number;
  /** Both of them, in the halves of the time. */
  readonly halves: readonly [Loss, Loss];
  readonly carriedOut: number;
  /** Calls of unknown outcome, and the users whose answers are explained only if some of theirs took effect. */
  readonly unknown: number;
  readonly onlyByUnknown: number;
  /** Single requests that were refused. */
  readonly refused: number;
  /** Users with a call that may have begun and not finished: see {@link anomalyOf}. */
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
  const halfDone = new Map<number, HalfDone>();
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
      if (operation.call !== 'read') halfDone.set(userId, oneMore(halfDone.get(userId), operation.call));
    }
    add(userId, known);
  }
  for (const load of loads) {
    for (const [userId, operations] of load.histories) {
      for (const operation of operations) add(userId, operation);
    }
    for (const [userId, calls] of load.halfDone) halfDone.set(userId, calls); // its users are its own
  }

  const { staleWrites, chargedAgain, wronged: inconsistent } = await callLab(url, '/lab/audit', auditSchema);
  const wrong = { accessWithoutPaying: 0, chargedTwice: 0, chargedWithoutAccess: 0 };
  const wrongedUsers = new Set<number>();
  // Of all users, since a request that was refused must have charged nothing.
  for (const userId of users) {
    const invokedAtMs = performance.now();
    const { paid, balance } = await callLab(url, `/users/${userId}`, userSchema);
    const kind = anomalyOf(paid, balance, amounts.get(userId) ?? new Set([usualAmount]), halfDone.get(userId));
    if (kind) {
      wrong[kind] += 1;
      wrongedUsers.add(userId);
    }
    if (histories.has(userId))
      add(userId, { call: 'read', answer: paid ? 'paid' : 'free', invokedAtMs, returnedAtMs: performance.now() });
  }
  const calls = [...histories.values()].flat().filter(({ call, answer }) => call !== 'read' && answer !== 'unknown');
  const acknowledged = calls.filter(({ answer }) => answer === 'paid' || answer === 'cancelled');
  const ids = new Set(acknowledged.flatMap(({ requestId }) => requestId ?? []));
  const lost = lostUpdates(await readWrites(stack.mysql.url), ids);
  const { notLinearizable, onlyByUnknown, example } = checkEachUser(histories);
  const wronged = inconsistent.find(({ userId }) => wrongedUsers.has(userId));
  return {
    witnesses: { staleWrites, ...wrong, chargedAgain, linearizable: notLinearizable === 0 },
    acknowledged: acknowledged.length,
    lost: lost.length,
    halves: halvesOf(acknowledged, new Set(lost)),
    carriedOut: calls.length,
    unknown: [...histories.values()].flat().filter(({ answer }) => answer === 'unknown').length,
    onlyByUnknown,
    refused: requests.filter(({ operation }) => operation && !operationOf(operation)).length,
    unfinished: [...halfDone.keys()],
    ...(wronged && { wronged }),
    ...(example && { unexplained: example }),
  };
}
