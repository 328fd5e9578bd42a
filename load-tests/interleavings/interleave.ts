import { isDeepStrictEqual } from 'node:util';
import { resetUsers } from '../client/lab-client.ts';
import { isCarriedOut } from '../client/recorded-answer.ts';
import { expectedVerdict } from '../verify/expectation.ts';
import { predict } from './model.ts';
import { everyOrder, type Pair } from './pairs.ts';
import { replay, type Stage } from './replay.ts';
import { isViolated, type Replayed } from './replayed.ts';

/** What every order of one pair came to in one mode. Counts are of orders. */
export interface PairRun {
  readonly mode: string;
  readonly requests: string;
  readonly starts: Pair['starts'];
  readonly orders: number;
  /** In how many the guard kept somebody out when its turn came. */
  readonly blocked: number;
  /** In how many each of the witnesses saw a violation, and in how many any of them did. */
  readonly witnesses: { readonly staleWrites: number; readonly books: number; readonly history: number };
  readonly violated: number;
  /** Where nothing guards, what the model predicts, order by order; elsewhere, that every order holds. */
  readonly expected: 'predicted' | 'held';
  /** The orders that did not come out as expected. */
  readonly unexpected: readonly string[];
  readonly replays: readonly Replayed[];
}

/** What the instances are given: no pause that nobody asked for, and no lease or wait that ends before a schedule. */
export const instanceEnv = { GATEWAY_MS: '0', LOCK_WAIT_MS: '10000', LOCK_TTL_MS: '30000' };

/** Where two requests can be sent, and, at `url`, the lab be asked. */
export interface TwoInstances {
  readonly url: string;
  readonly instances: readonly { readonly url: string }[];
}

/** A bystander, a user for each order, and some for orders that are replayed again. */
const users = 60;

/** Replays every order of a pair in a mode, each with a user of its own, on a stack whose first two instances it takes. */
export async function interleave(stack: TwoInstances, mode: string, pair: Pair): Promise<PairRun> {
  const [first, second] = stack.instances;
  if (!first || !second) throw new Error('two requests need an instance each');
  const [bystander, ...fresh] = (await resetUsers(stack.url, users)).map(({ id }) => id);
  const nextUser = () => fresh.pop() ?? outOfUsers();
  const instances = { A: first.url, B: second.url };
  const stage: Stage = { url: stack.url, instances, mode, pair, bystander: bystander ?? outOfUsers() };

  const expected = expectedVerdict(mode, 2) === 'violated' ? 'predicted' : 'held';
  const replays: Replayed[] = [];
  const unexpected: string[] = [];
  for (const order of everyOrder()) {
    const replayed = await replay(stage, order, nextUser);
    const isExpected = expected === 'held' ? hasHeld(replayed) : isDeepStrictEqual(replayed, predict(pair, order));
    if (!isExpected) unexpected.push(replayed.order);
    replays.push(replayed);
  }
  const count = (is: (replayed: Replayed) => boolean) => replays.filter(is).length;
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

/** Nothing was violated, and not because nothing was done: each was carried out, or undone by its rival. */
function hasHeld(replayed: Replayed): boolean {
  const answers = Object.values(replayed.answers);
  return !isViolated(replayed) && answers.every((answer) => isCarriedOut(answer) || answer === 'stale-write');
}

function outOfUsers(): never {
  throw new Error(`${users} users were not enough: this machine is too slow to tell who is blocked`);
}
