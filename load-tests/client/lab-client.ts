import { z } from 'zod';
import { aliveSchema } from '../../app/http/alive-schema.ts';
import { type User, usersPageSchema } from '../../app/payments/users.ts';
import { until } from '../../app/testing/until.ts';

const callTimeoutMs = 30_000;

/** @throws an error that names the call when it is not answered. */
async function request(url: string, path: string, post?: object): Promise<Response> {
  const target = new URL(path, url).href;
  const init = post && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(post) };
  try {
    return await fetch(target, { ...init, signal: AbortSignal.timeout(callTimeoutMs) });
  } catch (error) {
    const { cause = error } = error as Error; // fetch's own message is only "fetch failed"
    throw new Error(`${target} was not answered: ${(cause as Error).message || String(cause)}`, { cause: error });
  }
}

/**
 * Calls the lab of a running stack: a GET, or a POST of `post` as JSON.
 *
 * @throws an error that names the call and its answer unless that is a 2xx that matches `schema`.
 */
export async function callLab<S extends z.ZodType>(
  url: string,
  path: string,
  schema: S,
  post?: object,
): Promise<z.output<S>> {
  const response = await request(url, path, post);
  const text = await response.text();
  const what = `${post ? 'POST' : 'GET'} ${new URL(path, url).href} was answered`;
  if (response.status === 404) throw new Error(`${what} 404: does this stack run with LAB=on?`);
  if (!response.ok) throw new Error(`${what} ${response.status}: ${text.slice(0, 500)}`);
  const parsed = schema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`${what} in an unknown format:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Replaces all users by `count` fresh ones. */
export async function resetUsers(url: string, count: number): Promise<User[]> {
  let page = await callLab(url, '/lab/reset', usersPageSchema, { users: count });
  const users = [...page.users];
  while (page.next) {
    page = await callLab(url, page.next.replace(/limit=\d+/, 'limit=1000'), usersPageSchema);
    users.push(...page.users);
  }
  return users;
}

/** @returns the stack's lock mode, as its instances report it. */
export async function askMode(url: string): Promise<string> {
  const response = await request(url, '/healthz');
  const mode = response.headers.get('x-lock-mode');
  if (mode) return mode;
  throw new Error(`${url} is not this service: GET /healthz was answered ${response.status} without X-Lock-Mode`);
}

export interface QuietOptions {
  readonly url: string;
  /** Names of the instances that must report. */
  readonly instances: ReadonlySet<string>;
  readonly withinMs: number;
}

/**
 * Waits until every instance has reported no request in flight twice in a row: a request continues after its client has
 * gone, and what it writes belongs to the verdict.
 *
 * @throws an error that names the busy instances after `withinMs`.
 */
export async function untilQuiet({ url, instances, withinMs }: QuietOptions): Promise<void> {
  const quietAnswers = new Map([...instances].map((instance) => [instance, 0]));
  const busy = () => [...quietAnswers].filter(([, answers]) => answers < 2).map(([instance]) => instance);
  const areQuiet = async () => {
    const { instance, inFlight } = await callLab(url, '/healthz', aliveSchema);
    quietAnswers.set(instance, inFlight === 0 ? (quietAnswers.get(instance) ?? 0) + 1 : 0);
    return busy().length === 0;
  };
  const error = () =>
    new Error(`not quiet within ${withinMs} ms: ${busy().join(', ')} still busy, or without an answer`);
  await until('every instance is quiet', areQuiet, { withinMs, everyMs: 5, error });
}
