import type { Logger } from 'pino';
import { nodeRuntime, type Runtime } from '../redis-lock/index.ts';
import type { Job } from './job.ts';
import { detailOf } from './runs/detail.ts';

export interface SyncOptions extends Omit<Job, 'name' | 'run'> {
  /** What to call, in this order. Each may carry a user and a password, which are sent as HTTP basic authentication. */
  readonly urls: readonly string[];
  /** How long each may take until it has answered. */
  readonly timeoutMs: number;
  readonly runtime?: Runtime;
}

/**
 * The job that calls a list of URLs, one after the other, by GET. Each one's status is logged and recorded; one that fails
 * stops no other.
 *
 * Only a 2xx is a success. A redirect is not followed: it would be up to the one who answers which server of the inside
 * this instance calls next (server-side request forgery), and a URL that has moved is to be corrected where it is
 * configured.
 *
 * @throws from `run`, with the same list, when one of them has failed. After the signal no other is called.
 */
export function createSyncJob({ urls, timeoutMs, runtime = nodeRuntime, ...schedule }: SyncOptions): Job {
  return {
    ...schedule,
    name: 'sync',
    async run({ signal, log }) {
      const calls: Call[] = [];
      for (const url of urls) {
        if (signal.aborted) break;
        calls.push(await call(new URL(url), { timeoutMs, runtime, signal, log }));
      }
      const told = calls.map(({ place, result }) => `${place} ${result}`);
      if (calls.length < urls.length) told.push(`${urls.length - calls.length} not called`);
      const detail = detailOf(told, ', ');
      if (signal.aborted || calls.some(({ ok }) => !ok)) throw new Error(detail, { cause: signal.reason });
      return detail;
    },
  };
}

interface Call {
  /** The URL without what may be a secret. */
  readonly place: string;
  /** Its status, or why there is none. */
  readonly result: string;
  readonly ok: boolean;
}

interface CallOptions {
  readonly timeoutMs: number;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

async function call(url: URL, options: CallOptions): Promise<Call> {
  const { runtime, log } = options;
  const place = placeOf(url);
  const startedAt = runtime.now();
  const { result, ok } = await ask(url, options);
  const told = { url: place, result, tookMs: Math.round(runtime.now() - startedAt) };
  if (ok) log.info(told, `${place} answered ${result}`);
  else log.warn(told, `${place}: ${result}`);
  return { place, result, ok };
}

async function ask(url: URL, { timeoutMs, runtime, signal }: CallOptions): Promise<Pick<Call, 'result' | 'ok'>> {
  const timeout = new AbortController();
  const timer = runtime.setTimer(() => timeout.abort(), timeoutMs);
  try {
    const response = await fetch(bare(url), {
      redirect: 'manual',
      headers: { ...authorization(url), 'user-agent': 'payment-race-lab sync' },
      signal: AbortSignal.any([signal, timeout.signal]),
    });
    await response.body?.cancel(); // the status is all that is asked for
    return { result: String(response.status), ok: response.ok };
  } catch (error) {
    if (signal.aborted) return { result: 'stopped', ok: false };
    if (timeout.signal.aborted) return { result: 'timeout', ok: false };
    return { result: codeOf(error), ok: false };
  } finally {
    runtime.clearTimer(timer);
  }
}

/** fetch refuses a URL with a user in it. */
function bare(url: URL): URL {
  const stripped = new URL(url);
  stripped.username = '';
  stripped.password = '';
  return stripped;
}

function authorization({ username, password }: URL): { authorization?: string } {
  if (username === '' && password === '') return {};
  const credentials = `${decoded(username)}:${decoded(password)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** A password with a lone % in it is what it says. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @returns what of a URL can be shown: not the user and the password, nor the query, which may hold a token. */
function placeOf({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}

/** @returns why nothing was answered, such as `ECONNREFUSED`. Not the message: it may have the URL in it. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return 'failed';
  return typeof cause.code === 'string' ? cause.code : 'failed';
}
