import autocannon from 'autocannon';
import { type Random, seeded } from '../../app/web/page/model/random.ts';
import { createOverlap, type Overlap } from './overlap.ts';
import type { Tally } from './tally.ts';

/** A user under load and an amount: see {@link withAmounts}. */
export interface LoadUser {
  readonly id: number;
  readonly amount: number;
}

export interface LoadOptions {
  readonly url: string;
  readonly users: readonly LoadUser[];
  readonly connections: number;
  readonly seconds: number;
  /** So many requests in all, however long they take, in the place of `seconds`. */
  readonly requests?: number | undefined;
  readonly seed: number;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** How long a client waits for an answer: longer than nginx does, so that nginx says what has become of it. */
const timeoutS = 40;

/**
 * Drives a random mix of pay and cancel at random users and amounts, one request at a time on each connection. The mix is
 * the same for the same seed, connection by connection; how the connections interleave is up to the machine.
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

/** One connection's requests: a random command for a random user, again and again. */
function randomRequests({ users, headers }: LoadOptions, random: Random, overlap: Overlap) {
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
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ amount: user.amount }),
    };
  };
}

function headerOf(headers: object | undefined, name: string): string | undefined {
  const found = Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name);
  return found && String(found[1]);
}
