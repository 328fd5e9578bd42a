import type { Logger } from 'pino';
import { nodeRuntime, type Runtime } from '../redis-lock/index.ts';
import type { Job } from './job.ts';
import { detailOf } from './runs/detail.ts';

export interface SyncOptions extends Omit<Job, 'name' | 'run'> {
  /** The URLs to call, in order. A user and password are sent as HTTP basic authentication. */
  readonly urls: readonly string[];
  /** How long each call may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly runtime?: Runtime;
}

/**
 * The job that calls a list of URLs by GET, one after the other. It logs and records each status; a failed call does not
 * stop the others.
 *
 * Only a 2xx status is a success. Redirects are not followed: they would let an outside server choose which internal server
 * this instance calls (server-side request forgery). Configure the new URL instead.
 *
 * @throws from `run`, with the same list, if a call failed. Once the signal aborts, no further URL is called.
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
      const results = calls.map(({ place, result }) => `${place} ${result}`);
      if (calls.length < urls.length) results.push(`${urls.length - calls.length} not called`);
      const detail = detailOf(results, ', ');
      if (signal.aborted || calls.some(({ ok }) => !ok)) throw new Error(detail, { cause: signal.reason });
      return detail;
    },
  };
}

interface Call {
  /** The URL without secrets. */
  readonly place: string;
  /** The status, or why there is none. */
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
  const place = withoutSecrets(url);
  const startedAt = runtime.now();
  const { result, ok } = await ask(url, options);
  const fields = { url: place, result, tookMs: Math.round(runtime.now() - startedAt) };
  if (ok) log.info(fields, `${place} answered ${result}`);
  else log.warn(fields, `${place}: ${result}`);
  return { place, result, ok };
}

async function ask(url: URL, { timeoutMs, runtime, signal }: CallOptions): Promise<Pick<Call, 'result' | 'ok'>> {
  const timeout = new AbortController();
  const timer = runtime.setTimer(() => timeout.abort(), timeoutMs);
  try {
    const response = await fetch(withoutCredentials(url), {
      redirect: 'manual',
      headers: { ...authorization(url), 'user-agent': 'payment-race-lab sync' },
      signal: AbortSignal.any([signal, timeout.signal]),
    });
    await response.body?.cancel(); // only the status matters
    return { result: String(response.status), ok: response.ok };
  } catch (error) {
    if (signal.aborted) return { result: 'stopped', ok: false };
    if (timeout.signal.aborted) return { result: 'timeout', ok: false };
    return { result: codeOf(error), ok: false };
  } finally {
    runtime.clearTimer(timer);
  }
}

/** fetch rejects a URL with credentials. */
function withoutCredentials(url: URL): URL {
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

/** @returns the text itself if it is not valid percent-encoding. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @returns the part of a URL that may be shown: no credentials, path or query, each of which may be a token. */
function withoutSecrets({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname === '/' ? '' : '/…'}`;
}

/** @returns why there is no answer, such as `ECONNREFUSED`. Not the message, which may contain the URL. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return 'failed';
  return typeof cause.code === 'string' ? cause.code : 'failed';
}
