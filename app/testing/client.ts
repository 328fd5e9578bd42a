import { randomUUID } from 'node:crypto';
import { sharedDb } from './shared.ts';
import { testStack } from './stack.ts';
import { soon, until } from './until.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON, or the text if it is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it is what it checks
  readonly body: any;
}

export interface Call {
  readonly method?: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent unchanged. */
  readonly raw?: string;
  readonly headers?: Record<string, string>;
  /** Default: redirects are followed. */
  readonly redirect?: 'manual';
  /** Default: the stack's nginx. */
  readonly url?: string | undefined;
  /** Of a client that goes away. Default: it waits. */
  readonly signal?: AbortSignal;
}

/** Calls the service as its users do: through nginx, unless `url` says otherwise. */
export async function call(
  path: string,
  { method, json, raw, headers = {}, redirect, url = testStack().url, signal }: Call = {},
): Promise<Answer> {
  const body = json === undefined ? raw : JSON.stringify(json);
  const response = await fetch(new URL(path, url), {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body }),
    ...(redirect && { redirect }),
    signal: AbortSignal.any([AbortSignal.timeout(60_000), ...(signal ? [signal] : [])]), // only a hang takes a minute
  });
  const text = await response.text();
  const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** Sends a pay or a cancel, by default of 49.00. */
export const sendPayment = (command: 'pay' | 'cancel', userId: number, request: Call = {}): Promise<Answer> =>
  call(`/users/${userId}/${command}`, { json: { amount: 4900 }, ...request });

/** The headers of a request that is held before each of its steps. */
export const stepped = (session: string, requestId: string) => ({
  'x-lab-steps': session,
  'x-lab-hold-ms': '30000',
  'x-request-id': requestId,
});

/** A new user, for this test only. */
export async function newUser(): Promise<number> {
  const [id = 0] = await sharedDb()('users').insert({ name: 'Test' });
  return id;
}

/** A request that is held inside its guard, until it is resumed. */
export interface HeldRequest {
  /** Of its steps. */
  readonly session: string;
  readonly answer: Promise<Answer>;
  /** Resumes it, by the instance at `by` (default: its own), and waits for its end. @returns its answer. */
  resume(by?: string): Promise<Answer>;
}

interface HeldOptions extends Pick<Call, 'url' | 'headers'> {
  readonly command?: 'pay' | 'cancel';
  /** Default: its read. */
  readonly before?: 'read' | 'act' | 'write';
}

/** Sends a pay or a cancel, and waits until it is held inside its guard, before a step. The instance needs the lab. */
export async function heldRequest(
  userId: number,
  { url = testStack().url, headers = {}, command = 'pay', before = 'read' }: HeldOptions = {},
): Promise<HeldRequest> {
  const session = randomUUID();
  const requestId = headers['x-request-id'] ?? 'held';
  const answer = sendPayment(command, userId, { url, headers: { ...headers, ...stepped(session, requestId) } });
  answer.catch(() => {});
  const heldBefore = async () => (await call(`/lab/steps/${session}`, { url })).body.requests[0]?.heldBefore;
  const tooSoon = answer.then(({ status, body }) => {
    throw new Error(`not held, but answered ${status} ${JSON.stringify(body)}`);
  });
  for (const step of ['read', 'act', 'write']) {
    const isHeld = async () => (await heldBefore()) === step;
    await Promise.race([until(`the request is held before its ${step}`, isHeld, soon), tooSoon]);
    if (step === before) break;
    await call(`/lab/steps/${session}/release`, { url, json: { requestId } });
  }
  return {
    session,
    answer,
    async resume(by = url) {
      await call(`/lab/steps/${session}/let-go`, { method: 'POST', url: by });
      return answer;
    },
  };
}
