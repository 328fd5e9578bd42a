import { createHistogram } from 'node:perf_hooks';
import autocannon from 'autocannon';
import { createOverlap, type Overlap } from './overlap.ts';
import { type Random, seeded } from './random.ts';

/** A user under load. Each has an amount of its own, so that one lock key is one user. */
export interface LoadUser {
  readonly id: number;
  readonly amount: number;
}

export interface LoadOptions {
  readonly url: string;
  readonly users: readonly LoadUser[];
  readonly connections: number;
  readonly durationS: number;
  readonly seed: number;
  /** Called once a second. */
  readonly onProgress?: (progress: { elapsedS: number; requests: number }) => void;
}

export interface LoadResult {
  /** How many requests were answered. */
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  /** How often each answer came: a `status`, or the last part of a problem's `type`. */
  readonly answers: Readonly<Record<string, number>>;
  /** Connections that failed, timeouts, and answers of 500 and above. */
  readonly errors: number;
  /** How many requests were sent while another one for the same user was under way. */
  readonly overlapping: number;
  /** The instances that answered. */
  readonly instances: ReadonlySet<string>;
}

/** Answers that are always counted, also when there were none. */
const expected = ['paid', 'already_paid', 'cancelled', 'nothing_to_cancel', 'lock-busy'];

/**
 * Drives a random mix of pay and cancel at random users, one request at a time on each connection. The mix is the same
 * for the same seed, connection by connection; how the connections interleave is up to the machine.
 */
export async function drive({
  url,
  users,
  connections,
  durationS,
  seed,
  onProgress,
}: LoadOptions): Promise<LoadResult> {
  const answers: Record<string, number> = Object.fromEntries(expected.map((name) => [name, 0]));
  const instances = new Set<string>();
  const latencyUs = createHistogram();
  const overlap = createOverlap();
  let requests = 0;
  let failed = 0; // answers of 500 and above
  let stream = 0;

  const onResponse: autocannon.Request['onResponse'] = (status, body, _context, headers) => {
    requests += 1;
    if (status >= 500) failed += 1;
    const name = nameOfAnswer(body) ?? `status ${status}`;
    answers[name] = (answers[name] ?? 0) + 1;
    const instance = headerOf(headers, 'x-instance');
    if (instance !== undefined) instances.add(instance);
  };
  const setupClient = (client: autocannon.Client) =>
    client.setRequests([{ setupRequest: randomRequests(users, seeded(seed, stream++), overlap), onResponse }]);

  const startedAt = performance.now();
  const { errors, duration } = await new Promise<autocannon.Result>((resolve, reject) => {
    const options = { url, connections, duration: durationS, timeout: 30, setupClient };
    const run = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)));
    run.on('response', (_client, _status, _bytes, ms) => latencyUs.record(Math.max(1, Math.round(ms * 1000))));
    run.on('tick', () => onProgress?.({ elapsedS: (performance.now() - startedAt) / 1000, requests }));
  });

  const percentileMs = (percentile: number) => Math.round(latencyUs.percentile(percentile) / 10) / 100;
  return {
    requests,
    requestsPerSecond: Math.round((requests / duration) * 10) / 10,
    latencyMs: { p50: percentileMs(50), p99: percentileMs(99) },
    answers,
    errors: errors + failed,
    overlapping: overlap.count,
    instances,
  };
}

/** One connection's requests: a random command for a random user, again and again. */
function randomRequests(users: readonly LoadUser[], random: Random, overlap: Overlap) {
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
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ amount: user.amount }),
    };
  };
}

function nameOfAnswer(body: string): string | undefined {
  try {
    const { status, type } = JSON.parse(body) as { status?: unknown; type?: unknown };
    if (typeof type === 'string') return type.replace(/^\/problems\//, '');
    return typeof status === 'string' ? status : undefined;
  } catch {
    return undefined;
  }
}

function headerOf(headers: object | undefined, name: string): string | undefined {
  const found = Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name);
  return found && String(found[1]);
}
