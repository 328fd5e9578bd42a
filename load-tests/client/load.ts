import { randomUUID } from 'node:crypto';
import autocannon from 'autocannon';
import { type Random, seeded } from '../../app/web/page/state/random.ts';
import { isCarriedOut } from './recorded-answer.ts';
import { createTally, type LoadResult, nameOfAnswer, type Tally } from './tally.ts';

/** A user under load with one amount: see {@link withAmounts}. */
export interface LoadUser {
  readonly id: number;
  readonly amount: number;
}

export interface LoadOptions {
  readonly url: string;
  readonly users: readonly LoadUser[];
  readonly connections: number;
  readonly seconds: number;
  /** Total number of requests; replaces `seconds`. */
  readonly requests?: number | undefined;
  readonly seed: number;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether each request has an `Idempotency-Key` of its own. */
  readonly hasKeys?: boolean;
}

/** Longer than nginx's timeout, so that nginx reports the outcome. */
const timeoutS = 40;

/** Loads a stack once. @returns the result of this load alone. */
export async function loadSlice(load: LoadOptions): Promise<LoadResult> {
  const tally = createTally();
  await drive(load, tally);
  return tally.result();
}

/**
 * Drives a random mix of pay and cancel for random users, one request at a time per connection. Each connection's requests
 * depend on the seed alone; how the connections interleave depends on the machine.
 */
export async function drive(load: LoadOptions, tally: Tally): Promise<void> {
  const { url, connections, seconds, requests, seed } = load;
  const overlap = createOverlap();
  let stream = 0;
  const setupClient = (client: autocannon.Client) =>
    client.setRequests([requestsOf(load, seeded(seed, stream++), { overlap, tally })]);

  const { errors, duration } = await new Promise<autocannon.Result>((resolve, reject) => {
    const length = requests === undefined ? { duration: seconds } : { amount: requests };
    const options = { url, connections, ...length, sampleInt: 50, timeout: timeoutS, setupClient };
    const run = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)));
    run.on('response', (_client, _status, _bytes, ms) => tally.took(ms));
  });
  tally.ended({ seconds: duration, errors, overlapping: overlap.count });
}

/** @returns one connection's requests, each drawn when the last was answered. */
function requestsOf(
  { users, headers, hasKeys }: LoadOptions,
  random: Random,
  { overlap, tally }: { readonly overlap: Overlap; readonly tally: Tally },
): autocannon.Request {
  let ends: (answer?: string) => void = () => {};
  return {
    setupRequest: (request) => {
      const user = users[random(users.length)];
      if (!user) throw new Error('a load needs at least one user');
      ends(); // without an answer, or it has ended already
      ends = overlap.sends(user.id);
      const command = random(2) === 0 ? 'pay' : 'cancel';
      return {
        ...request,
        method: 'POST',
        path: `/users/${user.id}/${command}`,
        headers: {
          'content-type': 'application/json',
          ...headers,
          ...(hasKeys && { 'idempotency-key': randomUUID() }),
        },
        body: JSON.stringify({ amount: user.amount }),
      };
    },
    onResponse: (status, body, _context, headers) => {
      ends(nameOfAnswer(body));
      tally.answered({ status, body, instance: headerOf(headers, 'x-instance') });
    },
  };
}

function headerOf(headers: object | undefined, name: string): string | undefined {
  const found = Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name);
  return found && String(found[1]);
}

/**
 * Counts the requests that were sent while another one for the same user was in flight, both were carried out, and one of
 * them changed the flag: a guard is not tested by those that it refused, nor by two that only read.
 */
interface Overlap {
  readonly count: number;
  /** @returns a function to be called once the request has ended, with its answer if it got one. */
  sends(userId: number): (answer?: string) => void;
}

interface Sent {
  readonly others: readonly Sent[];
  answer?: string;
}

export function createOverlap(): Overlap {
  const inFlight = new Map<number, Set<Sent>>();
  const overlapping: Sent[] = [];
  return {
    get count() {
      return overlapping.filter((sent) => sent.others.some((other) => haveMet(sent, other))).length;
    },
    sends(userId) {
      const others = inFlight.get(userId) ?? new Set();
      const sent: Sent = { others: [...others] };
      if (others.size > 0) overlapping.push(sent);
      inFlight.set(userId, others.add(sent));
      return (answer) => {
        if (others.delete(sent) && answer !== undefined) sent.answer = answer;
      };
    },
  };
}

function haveMet({ answer: a = '' }: Sent, { answer: b = '' }: Sent): boolean {
  return isCarriedOut(a) && isCarriedOut(b) && [a, b].some((answer) => answer === 'paid' || answer === 'cancelled');
}
