import { z } from 'zod';
import { callLab, untilQuiet } from '../../client/lab-client.ts';
import { auditSchema, type InconsistentUser } from '../../verify/audit.ts';
import { checkEachUser, type UserViolation } from '../../verify/each-user.ts';
import { type Operation, operationOf } from '../../verify/operation.ts';
import type { Witnesses } from '../../verify/verdict.ts';
import { usualAmount } from '../context/requests.ts';
import type { OpenScenarioContext } from '../context/scenario-context.ts';
import { lostUpdates } from './lost-updates.ts';
import { readWrites } from './records.ts';

/** What the witnesses say of a cell, once all is quiet. */
export interface Testimony {
  readonly witnesses: Witnesses & { readonly linearizable: boolean };
  /** How many calls were answered `paid` or `cancelled`: the updates that somebody was told of. */
  readonly acknowledged: number;
  /** How many of these were lost: see {@link lostUpdates}. */
  readonly lost: number;
  /** How many calls were carried out at all. */
  readonly carriedOut: number;
  /**
   * Users with a call that was begun and never finished, whose books are therefore not looked at: that the flag and the
   * books are at odds until somebody reconciles them is no fault of the guard.
   */
  readonly unfinished: readonly number[];
  /** One whose flag and books disagree. */
  readonly wronged?: InconsistentUser;
  /** The plainest of the histories that no order explains. */
  readonly unexplained?: UserViolation;
}

const userSchema = z.object({ paid: z.boolean(), balance: z.number() });
const quietWithinMs = 15_000;
/** Of an unknown outcome for whoever asked, and yet the books are to be right: see "When a guarded write is refused". */
const booksAreRight = new Set(['stale-write']);

/**
 * Asks the three witnesses about everybody who was called for.
 *
 * @throws when the instances do not come to rest or do not answer.
 */
export async function askWitnesses({ instances, requests, loads, stack }: OpenScenarioContext): Promise<Testimony> {
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
  for (const { userId, amount, operation } of requests) {
    amounts.set(userId, (amounts.get(userId) ?? new Set()).add(amount));
    const known = operation && operationOf(operation);
    if (!known) continue;
    if (known.answer === 'unknown' && !booksAreRight.has(operation.answer)) unfinished.add(userId);
    add(userId, known);
  }
  for (const load of loads) {
    for (const [userId, operations] of load.histories) {
      for (const operation of operations) add(userId, operation);
      if (operations.some(({ answer }) => answer === 'unknown')) unfinished.add(userId);
    }
  }

  const audit = await callLab(url, '/lab/audit', auditSchema);
  const wrong = { accessWithoutPaying: 0, chargedTwice: 0, chargedWithoutAccess: 0 };
  for (const [userId, history] of histories) {
    const invokedAtMs = performance.now();
    const { paid, balance } = await callLab(url, `/users/${userId}`, userSchema);
    const kind = whatIsWrong(paid, balance, amounts.get(userId) ?? new Set([usualAmount]));
    if (kind && !unfinished.has(userId)) wrong[kind] += 1;
    history.push({ call: 'read', answer: paid ? 'paid' : 'free', invokedAtMs, returnedAtMs: performance.now() });
  }
  const calls = [...histories.values()].flat().filter(({ call, answer }) => call !== 'read' && answer !== 'unknown');
  const acknowledged = calls.filter(({ answer }) => answer === 'paid' || answer === 'cancelled');
  const ids = new Set(acknowledged.flatMap(({ requestId }) => requestId ?? []));
  const { notLinearizable, example } = checkEachUser(histories);
  const wronged = audit.wronged.find(({ userId }) => histories.has(userId) && !unfinished.has(userId));
  return {
    witnesses: { staleWrites: audit.staleWrites, ...wrong, linearizable: notLinearizable === 0 },
    acknowledged: acknowledged.length,
    lost: lostUpdates(await readWrites(stack.mysql.url), ids).length,
    carriedOut: calls.length,
    unfinished: [...unfinished],
    ...(wronged && { wronged }),
    ...(example && { unexplained: example }),
  };
}

/**
 * What is wrong between a user's flag and books, if anything: one who has paid has exactly one charge open, one who has
 * not has none.
 *
 * @param amounts that one charge may be of; no two of them add up to a third.
 */
export function whatIsWrong(
  paid: boolean,
  balance: number,
  amounts: ReadonlySet<number>,
): 'accessWithoutPaying' | 'chargedTwice' | 'chargedWithoutAccess' | undefined {
  if (balance > 0 && !amounts.has(balance)) return 'chargedTwice';
  if (paid) return balance === 0 ? 'accessWithoutPaying' : undefined;
  return balance > 0 ? 'chargedWithoutAccess' : undefined;
}
