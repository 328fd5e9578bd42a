import type { Outcome } from '../../app/payments/outcome.ts';
import { seeded } from '../../app/web/page/state/random.ts';
import { checkLinearizability } from '../verify/linearizability.ts';
import { type AnsweredCall, operationOf } from '../verify/operation.ts';
import { createWorld, type World } from './world.ts';

/** A request of the model's one user. */
export interface PlannedRequest {
  /** `reconcile`: the job's repair of the user. */
  readonly kind: 'pay' | 'cancel' | 'reconcile';
  readonly amount?: number;
  readonly key?: string;
  /**
   * Sent once the previous request in the list has taken this many steps or has ended; that request is then presumed dead.
   * Default: sent at the start.
   */
  readonly after?: number;
  /** Sent once these requests, by their places in the list, have ended. */
  readonly waitsFor?: readonly number[];
  /** True if the leases of dead executions are over when it is sent, as with {@link after}. */
  readonly leasesAreOver?: boolean;
  /** Its instance dies after this many steps. */
  readonly diesAfter?: number;
}

/** The result of one interleaving. */
export interface Explored {
  /** The request that took each step, by letter. */
  readonly order: string;
  readonly answers: readonly (string | undefined)[];
  readonly world: World;
  readonly isLinearizable: boolean;
}

const nameOf = (outcome: Outcome) => (outcome.outcome === 'answered' ? outcome.answer : outcome.outcome);

const unanswered = (call: 'pay' | 'cancel', now: number): AnsweredCall => ({
  call,
  invokedAtMs: now,
  returnedAtMs: Number.POSITIVE_INFINITY,
  answer: 'unknown',
});

interface Execution {
  readonly request: PlannedRequest;
  steps: number;
  isSent: boolean;
  isOver: boolean;
  isPresumedDead: boolean;
  /** Its pending steps: more than one while it refunds several charges at once. */
  readonly next: (() => void)[];
  answer?: string;
}

/** Waits until nothing is pending but steps. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/**
 * Runs the payment service itself on a {@link createWorld | world} in memory, step by step: each access to the database or
 * the processor is one.
 *
 * @param choose picks the request that takes the next step, by its place among those that can.
 */
async function run(
  requests: readonly PlannedRequest[],
  choose: (among: readonly number[]) => number,
): Promise<Explored & { readonly branches: readonly number[] }> {
  const isPaying = ({ request, isSent, isOver, isPresumedDead }: Execution) =>
    request.kind !== 'reconcile' && isSent && !isOver && !isPresumedDead;
  const world = createWorld(() =>
    executions.flatMap((execution, index) => (isPaying(execution) ? [`request-${index}`] : [])),
  );
  const keyOf = ({ request: { key } }: Execution) => key;
  const branches: number[] = [];
  const operations = new Map<string, AnsweredCall>();
  let now = 0;
  let order = '';
  const executions = requests.map(
    (request): Execution => ({ request, steps: 0, isSent: false, isOver: false, isPresumedDead: false, next: [] }),
  );

  function send(index: number): void {
    const execution = executions[index];
    if (!execution) return;
    const { kind, amount = 4900, key } = execution.request;
    execution.isSent = true;
    const end = (answer: string) => Object.assign(execution, { isOver: true, answer });
    const turn = () =>
      new Promise<void>((resolve) => {
        execution.next.push(resolve);
      });
    if (kind === 'reconcile') {
      world.repair(turn).then(
        ({ done, postponed }) => end([...done, ...(postponed === undefined ? [] : [postponed])].join(', ')),
        (error: Error) => end(`thrown: ${error.message}`),
      );
      return;
    }
    const { service, mode } = world.serviceFor(turn);
    // All executions of a key are one operation, with the first final answer.
    const call = operations.get(key ?? `request-${index}`) ?? unanswered(kind, now);
    operations.set(key ?? `request-${index}`, call);
    const request = { kind, amount, userId: 7, requestId: `request-${index}`, idempotencyKey: key, mode };
    service.execute({ ...request, signal: new AbortController().signal }).then(
      (outcome) => {
        const answer = nameOf(outcome);
        end(answer);
        if (answer !== 'key-in-use' && call.answer === 'unknown') Object.assign(call, { answer, returnedAtMs: now });
      },
      (error: Error) => end(`thrown: ${error.message}`),
    );
  }

  for (;;) {
    for (const [index, { isSent, request }] of executions.entries()) {
      const before = executions[index - 1];
      const { after, waitsFor = [], leasesAreOver } = request;
      const isReached = after === undefined || before === undefined || before.isOver || before.steps >= after;
      if (isSent || !isReached || !waitsFor.every((other) => executions[other]?.isOver)) continue;
      if (after !== undefined && before) before.isPresumedDead = true;
      if (after !== undefined || leasesAreOver) world.endLeases(new Set(executions.filter(isPaying).map(keyOf)));
      send(index);
      await settle();
    }
    const ready = executions.flatMap(({ next, isOver }, index) => (next.length > 0 && !isOver ? [index] : []));
    if (ready.length === 0) break;
    branches.push(ready.length);
    const index = choose(ready);
    const execution = executions[index];
    const takeStep = execution?.next.shift();
    if (!execution || !takeStep) throw new Error(`request ${index} cannot take a step`);
    execution.steps += 1;
    now += 1;
    order += String.fromCharCode(65 + index);
    takeStep();
    await settle();
    if (execution.request.diesAfter === execution.steps && !execution.isOver) execution.isOver = true;
  }
  const history = [...operations.values()].flatMap((call) => operationOf(call) ?? []);
  history.push({
    call: 'read',
    answer: world.user.paid ? 'paid' : 'free',
    invokedAtMs: now + 1,
    returnedAtMs: now + 2,
  });
  const answers = executions.map(({ answer }) => answer);
  return { order, answers, world, branches, isLinearizable: checkLinearizability(history).linearizable };
}

/** @param order the requests that take each step, by letter. @throws when one of them cannot. */
export function inOrder(requests: readonly PlannedRequest[], order: string): Promise<Explored> {
  let at = 0;
  return run(requests, (among) => {
    const index = (order.codePointAt(at++) ?? 0) - 65;
    if (!among.includes(index)) throw new RangeError(`step ${at} of ${order} cannot be taken: only ${among} can`);
    return index;
  });
}

/** Steps at which a random order may change the request that goes first. */
const changes = 3;
/** More steps than the explored requests take. */
const longestOrder = 40;

/**
 * Runs random interleavings of these requests: each has a random priority, which drops at a few random steps (Burckhardt et
 * al., A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs, 2010).
 */
export async function* randomOrders(
  requests: readonly PlannedRequest[],
  { seed, orders }: { readonly seed: number; readonly orders: number },
): AsyncGenerator<Explored> {
  const random = seeded(seed);
  for (let order = 0; order < orders; order++) {
    const priorities = requests.map(() => 1 + random(2 ** 20));
    const changeAt = Array.from({ length: changes }, () => random(longestOrder));
    let step = 0;
    yield await run(requests, (among) => {
      const first = among.reduce((best, index) => ((priorities[index] ?? 0) > (priorities[best] ?? 0) ? index : best));
      if (changeAt.includes(step++)) priorities[first] = -step;
      return first;
    });
  }
}

/** Runs every interleaving of these requests. */
export async function* everyOrder(requests: readonly PlannedRequest[]): AsyncGenerator<Explored> {
  let prefix: number[] = [];
  for (;;) {
    let at = 0;
    const taken: number[] = [];
    const explored = await run(requests, (among) => {
      const choice = prefix[at++] ?? 0;
      taken.push(choice);
      return among[choice] ?? 0;
    });
    yield explored;
    // Depth-first: change the last choice that has an untried alternative.
    let last = taken.length - 1;
    while (last >= 0 && (taken[last] ?? 0) + 1 >= (explored.branches[last] ?? 0)) last -= 1;
    if (last < 0) return;
    prefix = [...taken.slice(0, last), (taken[last] ?? 0) + 1];
  }
}
