import { type Random, seeded } from '../../app/web/page/state/random.ts';
import { brokenInvariants, type Explored, type PlannedRequest } from './explore.ts';
import { randomOrders } from './orders.ts';
import type { ExploredMode } from './world.ts';

const oneIn = (random: Random, count: number) => random(count) === 0;

/**
 * Draws a few pays and cancels, with and without keys, beside the reconcile job. Some die at one of their steps, or give one
 * up that arrives later; a pay may only seem to be dead. Those with a key are retried, the last time to their end.
 */
function randomRequests(random: Random): PlannedRequest[] {
  const amounts = oneIn(random, 3) ? [4900, 100] : [4900];
  const dies = (steps: number) => ({ diesAfter: 1 + random(steps) });
  const requests: PlannedRequest[] = [];
  const waits = () => {
    const sent = requests.flatMap(({ kind }, index) => (kind === 'arrival' ? [] : [index]));
    return sent.length > 0 && oneIn(random, 2) && { waitsFor: [sent[random(sent.length)] ?? 0] };
  };
  const reconcile = () =>
    ({ kind: 'reconcile', ...waits(), ...(oneIn(random, 4) && dies(8)), leasesAreOver: true }) as const;
  /** The places of all executions with the key of this one. */
  const executionsOf = ({ key }: PlannedRequest) =>
    requests.flatMap((other, index) => (other.key === key ? [index] : []));
  const retry = ({ diesAfter: _, givesUp: __, after: ___, ...request }: PlannedRequest) =>
    ({ ...request, waitsFor: executionsOf(request), leasesAreOver: true }) as const;

  for (let left = 2 + random(3); left > 0; left--) {
    const kind = oneIn(random, 2) ? 'pay' : 'cancel';
    const key = oneIn(random, 3) ? {} : { key: `k${left}` };
    const amount = amounts[random(amounts.length)] ?? 4900;
    const request = { kind, amount, ...key, ...waits() } as const;
    const isDying = 'key' in request && oneIn(random, 2);
    const isLate = 'key' in request && !isDying && oneIn(random, 3);
    requests.push({ ...request, ...(isDying && dies(6)), ...(isLate && { givesUp: 2 + random(6) }) });
    if (isLate) requests.push({ kind: 'arrival' });
    if (isDying || isLate || kind === 'cancel' || !('key' in request)) continue;
    if (oneIn(random, 2)) requests.push({ ...request, waitsFor: [], after: 1 + random(5) });
  }
  const drawn = requests.filter(
    ({ key }, index) => key !== undefined && requests.findIndex((one) => one.key === key) === index,
  );
  if (!oneIn(random, 3)) requests.push(reconcile());
  for (const request of drawn.filter(({ diesAfter }) => diesAfter !== undefined)) {
    if (oneIn(random, 2)) requests.push({ ...retry(request), ...dies(7) });
    if (oneIn(random, 3)) requests.push(reconcile());
  }
  for (const request of drawn) requests.push(retry(request));
  return requests;
}

export interface BrokenOrder {
  readonly seed: number;
  readonly requests: readonly PlannedRequest[];
  readonly order: string;
  readonly answers: Explored['answers'];
  readonly broken: readonly string[];
}

/**
 * Runs the requests that this seed draws in a number of random orders, and the reconcile job at the end of each.
 *
 * @returns the first order that breaks an invariant; undefined if none does.
 */
export async function exploreRandomRequests(
  mode: ExploredMode,
  seed: number,
  orders: number,
): Promise<BrokenOrder | undefined> {
  const requests = randomRequests(seeded(seed));
  // The checker of histories knows no amounts.
  const isCheckable = new Set(requests.flatMap(({ amount }) => amount ?? [])).size === 1;
  for await (const explored of randomOrders(requests, { seed, orders, mode })) {
    const { order, answers, world } = explored;
    const isFree = world.user.paid && world.charges.every(({ refundedBy }) => refundedBy !== undefined);
    world.endLeases(new Set());
    await world.repair();
    const broken = brokenInvariants(isCheckable ? explored : { ...explored, isLinearizable: true });
    if (isFree) broken.push('paid, with no open charge, before the repair');
    if (broken.length > 0) return { seed, requests, order, answers, broken };
  }
  return undefined;
}
