import { isDeepStrictEqual } from 'node:util';
import { resetUsers } from '../client/lab-client.ts';
import { isCarriedOut } from '../client/recorded-answer.ts';
import { expectedVerdict } from '../race/expectation.ts';
import { predict } from './model.ts';
import { everyOrder, names, type Pair } from './pairs.ts';
import { auditor, type ReplayContext, replay } from './replay.ts';
import { isViolated, type ReplayResult } from './replay-result.ts';

/** The results of all orders of one pair in one mode. Counts are of orders. */
export interface PairRun {
  readonly mode: string;
  readonly requests: string;
  readonly starts: Pair['starts'];
  readonly orders: number;
  /** Orders in which the guard blocked a request at its turn. */
  readonly blocked: number;
  /** Orders in which each witness found a violation; `violated`: in which any did. */
  readonly witnesses: { readonly staleWrites: number; readonly books: number; readonly history: number };
  readonly violated: number;
  /** Without a guard, each order must match the model; with one, each must hold. */
  readonly expected: 'predicted' | 'held';
  /** The orders with another result. */
  readonly unexpected: readonly string[];
  readonly replays: readonly ReplayResult[];
}

/** No delay of the payment processor, and no lease or wait that expires during a replay. */
export const instanceEnv = { GATEWAY_MS: '0', LOCK_WAIT_MS: '10000', LOCK_TTL_MS: '30000' };

export interface TwoInstances {
  readonly instances: readonly { readonly url: string }[];
}

/** One for probes, one per order, and some for repeated replays. */
const users = 60;

/** Replays every order of a pair in a mode on the stack's first two instances, each order with its own user. */
export async function interleave(stack: TwoInstances, mode: string, pair: Pair): Promise<PairRun> {
  const [first, second] = stack.instances;
  if (!first || !second) throw new Error('a replay needs two instances');
  const [probeUser, ...fresh] = (await resetUsers(first.url, users)).map(({ id }) => id);
  const nextUser = () => fresh.pop() ?? outOfUsers();
  const instances = { A: first.url, B: second.url };
  const newViolations = auditor(first.url);
  const context: ReplayContext = { instances, mode, pair, probeUser: probeUser ?? outOfUsers(), newViolations };

  const expected = expectedVerdict(mode, 2) === 'violated' ? 'predicted' : 'held';
  const modelMode = mode === 'conditional' ? mode : 'none';
  const replays: ReplayResult[] = [];
  const unexpected: string[] = [];
  for (const order of everyOrder) {
    const result = await replay(context, order, nextUser);
    const isExpected =
      expected === 'held' ? hasHeld(result) : isDeepStrictEqual(result, predict(pair, order, modelMode));
    if (!isExpected) unexpected.push(result.order);
    replays.push(result);
  }
  const count = (is: (result: ReplayResult) => boolean) => replays.filter(is).length;
  return {
    mode,
    requests: pair.name,
    starts: pair.starts,
    orders: replays.length,
    blocked: count(({ blocked }) => blocked),
    witnesses: {
      staleWrites: count(({ staleWrites }) => staleWrites > 0),
      books: count(({ wrong }) => wrong !== null),
      history: count(({ linearizable }) => !linearizable),
    },
    violated: count(isViolated),
    expected,
    unexpected,
    replays,
  };
}

/** No violation, both requests were stepped, and both were carried out, or undone because of the rival. */
export function hasHeld(result: ReplayResult): boolean {
  const answers = Object.values(result.answers);
  const wereStepped = names.every((name) => result.executed.includes(`${name} read`));
  return (
    !isViolated(result) && wereStepped && answers.every((answer) => isCarriedOut(answer) || answer === 'stale-write')
  );
}

function outOfUsers(): never {
  throw new Error(`${users} users used up: this machine is too slow to tell blocked requests from late ones`);
}
