import { keptAnswer, type Outcome } from '../../app/payments/outcome.ts';
import { letter } from '../../app/web/page/trace/requests.ts';
import { checkLinearizability } from '../verify/linearizability.ts';
import { type AnsweredCall, operationOf } from '../verify/operation.ts';
import { createWorld, type ExploredMode, type World } from './world.ts';

/** A request of the model's one user. */
export interface PlannedRequest {
  /** `reconcile`: the job's repair of the user. `arrival`: of the step that the previous request in the list has given up. */
  readonly kind: 'pay' | 'cancel' | 'reconcile' | 'arrival';
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
  /** It gets no answer to this step, from 1, in time. The step is carried out as an `arrival`, if there is one. */
  readonly givesUp?: number;
}

/**
 * Picks the request that takes the next step, by its place among those that can; undefined abandons the order.
 *
 * @param state of everything, as a text: two orders that reach the same one have the same possible ends.
 */
export type Choose = (among: readonly number[], state: () => string) => number | undefined;

/** The result of one interleaving. */
export interface Explored {
  /** The request that took each step, by letter. */
  readonly order: string;
  readonly answers: readonly (string | undefined)[];
  readonly world: World;
  readonly isLinearizable: boolean;
  /** The keys whose executions have ended with different answers that are kept. */
  readonly ambiguousKeys: readonly string[];
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
  /** What its steps have returned, which is all that its next ones depend on. */
  readonly seen: string[];
  answer?: string;
}

const asText = (value: unknown) => JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part));

const uuid = /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g;

const { signal: connected } = new AbortController();
const ended = new Error('the order has ended');

/** Waits until nothing is pending but steps. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/**
 * Runs the payment service itself on a {@link createWorld | world} in memory, step by step: each access to the database or
 * the processor is one.
 */
export async function runOrder(
  requests: readonly PlannedRequest[],
  choose: Choose,
  mode: ExploredMode = 'version',
): Promise<Explored & { readonly branches: readonly number[]; readonly isAbandoned: boolean }> {
  const isPaying = ({ request, isSent, isOver, isPresumedDead }: Execution) =>
    (request.kind === 'pay' || request.kind === 'cancel') && isSent && !isOver && !isPresumedDead;
  const world = createWorld(mode, () =>
    executions.flatMap((execution, index) => (isPaying(execution) ? [`request-${index}`] : [])),
  );
  const keyOf = ({ request: { key } }: Execution) => key;
  const branches: number[] = [];
  /** What a request has given up, by its place. */
  const givenUp = new Map<number, () => unknown>();
  const operations = new Map<string, AnsweredCall>();
  const kept = new Map<string, Set<string>>();
  let now = 0;
  let order = '';
  let hasEnded = false;
  const executions = requests.map(
    (request): Execution => ({
      request,
      steps: 0,
      isSent: false,
      isOver: false,
      isPresumedDead: false,
      next: [],
      seen: [],
    }),
  );

  function send(index: number): void {
    const execution = executions[index];
    if (!execution) return;
    const { kind, amount = 4900, key } = execution.request;
    execution.isSent = true;
    const end = (answer: string) => Object.assign(execution, { isOver: true, answer });
    const step = async <T>(work: () => T): Promise<T> => {
      if (!hasEnded) await new Promise<void>((resolve) => execution.next.push(resolve));
      if (hasEnded) throw ended;
      if (execution.request.givesUp === execution.steps) {
        givenUp.set(index, work);
        throw Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' });
      }
      const result = work();
      execution.seen.push(asText(result));
      return result;
    };
    if (kind === 'arrival') {
      step(() => void givenUp.get(index - 1)?.()).then(
        () => end('arrived'),
        () => {},
      );
      return;
    }
    if (kind === 'reconcile') {
      world.repair(step).then(
        ({ done, postponed }) => end([...done, ...(postponed === undefined ? [] : [postponed])].join(', ')),
        (error: Error) => end(`thrown: ${error.message}`),
      );
      return;
    }
    const { service, mode } = world.serviceFor(step);
    // All executions of a key are one operation, with the first final answer.
    const call = operations.get(key ?? `request-${index}`) ?? unanswered(kind, now);
    operations.set(key ?? `request-${index}`, call);
    const request = { kind, amount, userId: 7, requestId: `request-${index}`, idempotencyKey: key, mode };
    service.execute({ ...request, signal: connected }).then(
      (outcome) => {
        const answer = nameOf(outcome);
        end(answer);
        if (key !== undefined) {
          if (keptAnswer(outcome) === undefined) return; // a retry may still do it
          kept.set(key, new Set(kept.get(key)).add(answer));
        }
        if (call.answer === 'unknown') Object.assign(call, { answer, returnedAtMs: now });
      },
      (error: Error) => end(`thrown: ${error.message}`),
    );
  }

  /** The answers, the invariants and all later steps depend on this alone. */
  function describeState(): string {
    // Of the history, the checker uses which operation was over before which began.
    const history = [...operations].map(([name, call]) => {
      const before = [...operations].filter(([, other]) => other.returnedAtMs < call.invokedAtMs);
      return [name, call.answer, ...before.map(([earlier]) => earlier)];
    });
    const progress = executions.map(({ request: _, next, ...execution }) => [execution, next.length]);
    const state = asText([world.describe(), progress, history, [...kept].map(([key, seen]) => [key, ...seen])]);
    /** Random ids, as numbers in the order of the text: nothing depends on more of them than which are the same. */
    const numbers = new Map<string, number>();
    return state.replaceAll(uuid, (id) => {
      const number = numbers.get(id) ?? numbers.size;
      numbers.set(id, number);
      return String(number);
    });
  }

  for (;;) {
    for (const [index, { isSent, request }] of executions.entries()) {
      const before = executions[index - 1];
      const { after, waitsFor = [], leasesAreOver } = request;
      const isReached = after === undefined || before === undefined || before.isOver || before.steps >= after;
      if (isSent || !isReached || !waitsFor.every((other) => executions[other]?.isOver)) continue;
      if (request.kind === 'arrival' && !givenUp.has(index - 1)) continue;
      if (after !== undefined && before) before.isPresumedDead = true;
      if (after !== undefined || leasesAreOver) world.endLeases(new Set(executions.filter(isPaying).map(keyOf)));
      send(index);
      await settle();
    }
    const ready = executions.flatMap(({ next, isOver }, index) => (next.length > 0 && !isOver ? [index] : []));
    if (ready.length === 0) break;
    branches.push(ready.length);
    const index = choose(ready, describeState);
    if (index === undefined) break;
    const execution = executions[index];
    const takeStep = execution?.next.shift();
    if (!execution || !takeStep) throw new Error(`request ${index} cannot take a step`);
    execution.steps += 1;
    now += 1;
    order += letter(index);
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
  const isAbandoned = branches.length > order.length;
  const answers = executions.map(({ answer }) => answer);
  const ambiguousKeys = [...kept].filter(([, distinct]) => distinct.size > 1).map(([key]) => key);
  const { linearizable: isLinearizable } = checkLinearizability(history);
  // An execution that has died has a timer, which would keep all of this in memory.
  hasEnded = true;
  for (const { next } of executions) for (const takeStep of next) takeStep();
  return { order, answers, world, branches, isAbandoned, isLinearizable, ambiguousKeys };
}

/** @returns the invariants that an order has broken. Unless the reconcile job has run last, a charge may await its repair. */
export function brokenInvariants(explored: Explored): string[] {
  const { answers, isLinearizable, ambiguousKeys } = explored;
  const { user, charges } = explored.world;
  const open = charges.filter(({ refundedBy }) => refundedBy === undefined);
  const kept = charges.filter(({ key, refundedBy }) => key.startsWith('key-') && refundedBy !== `${key}/back`);
  const ids = kept.map(({ attempt }) => attempt.id);
  return [
    ...(new Set(ids).size < ids.length ? [`charged ${ids.length} times for ${new Set(ids).size} keys`] : []),
    ...(open.length === (user.paid ? 1 : 0)
      ? []
      : [`${user.paid ? 'paid' : 'unpaid'}, with ${open.length} open charges`]),
    ...(user.paid && open[0]?.id !== user.paidBy ? ['the flag names another charge'] : []),
    ...(isLinearizable ? [] : ['no order of the requests explains the answers']),
    ...ambiguousKeys.map((key) => `the key ${key} has two answers`),
    ...answers.filter((answer) => answer?.startsWith('thrown')).map(String),
  ];
}
