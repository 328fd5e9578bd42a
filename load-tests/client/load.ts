import { randomUUID } from 'node:crypto';
import autocannon from 'autocannon';
import { type Random, seeded } from '../../app/web/page/state/random.ts';
import { createTally, type LoadResult, type Tally } from './tally.ts';

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
  const onResponse: autocannon.Request['onResponse'] = (status, body, _context, headers) =>
    tally.answered({ status, body, instance: headerOf(headers, 'x-instance') });
  let stream = 0;
  const setupClient = (client: autocannon.Client) =>
    client.setRequests([{ setupRequest: randomRequests(load, seeded(seed, stream++), overlap), onResponse }]);

  const { errors, duration } = await new Promise<autocannon.Result>((resolve, reject) => {
    const length = requests === undefined ? { duration: seconds } : { amount: requests };
    const options = { url, connections, ...length, sampleInt: 50, timeout: timeoutS, setupClient };
    const run = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)));
    run.on('response', (_client, _status, _bytes, ms) => tally.took(ms));
  });
  tally.ended({ seconds: duration, errors, overlapping: overlap.count });
}

/** @returns a generator of one connection's requests. */
function randomRequests({ users, headers, hasKeys }: LoadOptions, random: Random, overlap: Overlap) {
  const connection = overlap.connection();
  return (request: autocannon.Request): autocannon.Request => {
    const user = users[random(users.length)];
    if (!user) throw new Error('a load needs at least one user');
    connection.sends(user.id);
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
  };
}

function headerOf(headers: object | undefined, name: string): string | undefined {
  const found = Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name);
  return found && String(found[1]);
}

/** Counts the requests that were sent while another request for the same user was in flight. */
interface Overlap {
  readonly count: number;
  /** A connection has one request in flight: sending the next means that the last was answered. */
  connection(): { sends(userId: number): void };
}

export function createOverlap(): Overlap {
  const inFlight = new Map<number, number>();
  let count = 0;
  return {
    get count() {
      return count;
    },
    connection() {
      let last: number | undefined;
      return {
        sends(userId) {
          if (last !== undefined) inFlight.set(last, (inFlight.get(last) ?? 1) - 1);
          const others = inFlight.get(userId) ?? 0;
          if (others > 0) count += 1;
          inFlight.set(userId, others + 1);
          last = userId;
        },
      };
    },
  };
}
