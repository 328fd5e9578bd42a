import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';
import type { Operation } from '../verify/operation.ts';
import type { LoadUser } from './load.ts';
import { type RecordedAnswer, recordedAnswer } from './recorded-answer.ts';

export interface RecorderOptions {
  readonly url: string;
  /** How many calls may be under way at once, to one server. */
  readonly clients: number;
  /** Begins the `X-Request-Id` of each call: letters, digits, `.`, `_` and `-`. */
  readonly requestPrefix: string;
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Ends the calls that are under way, as of unknown outcome; what is called after that is not sent. */
  readonly signal?: AbortSignal;
}

/**
 * Makes calls and writes down, user by user, when each was sent, when its answer was there, and what it was. A client of
 * its own, as a history is worth nothing if an answer is ever taken for that of another call: autocannon, when it opens a
 * connection again, does not clear what it had sent on the last one.
 */
export interface Recorder extends AsyncDisposable {
  readonly histories: ReadonlyMap<number, readonly Operation[]>;
  /** The instances that have answered. */
  readonly instances: ReadonlySet<string>;
  /** Whether its signal has come. */
  readonly isAborted: boolean;
  /**
   * Makes one call. It is given up, as of unknown outcome, when nothing comes for 40 seconds.
   *
   * @param at where to, if not to the recorder's own URL: one instance, past nginx.
   * @returns what is in the history now. Of what is `refused`, and of an `unknown` read, nothing is: nothing was done.
   * @throws when it was carried out and answered with something that is no answer to it.
   */
  call(user: LoadUser, call: Operation['call'], at?: string): Promise<RecordedAnswer>;
}

/** Longer than nginx waits, so that nginx says what has become of it. */
const answerWithinMs = 40_000;
/** Where connections are refused, calls fail at once: nobody is served by thousands of them. */
const afterFailureMs = 10;

export function createRecorder({ url, clients, requestPrefix, headers, signal }: RecorderOptions): Recorder {
  const pool = new Agent({
    connections: clients,
    pipelining: 1,
    connectTimeout: 5000,
    headersTimeout: answerWithinMs,
    bodyTimeout: answerWithinMs,
  });
  // Not a listener for each call: a load has a great many of them.
  signal?.addEventListener('abort', () => void pool.destroy(), { once: true });
  const histories = new Map<number, Operation[]>();
  const instances = new Set<string>();
  let calls = 0;

  async function ask(request: Dispatcher.RequestOptions, call: Operation['call']): Promise<RecordedAnswer> {
    let received: { status: number; body: string };
    try {
      const { statusCode: status, headers, body } = await pool.request(request);
      received = { status, body: await body.text() };
      if (typeof headers['x-instance'] === 'string') instances.add(headers['x-instance']);
    } catch {
      if (!signal?.aborted) await sleep(afterFailureMs);
      return 'unknown';
    }
    return recordedAnswer(call, received);
  }

  return {
    histories,
    instances,
    get isAborted() {
      return signal?.aborted === true;
    },
    async call(user, call, at = url) {
      if (signal?.aborted) return 'refused';
      const requestId = `${requestPrefix}-${++calls}`;
      const request = {
        origin: new URL(at).origin,
        ...requestFor(user, call, { ...headers, 'x-request-id': requestId }),
      };
      const invokedAtMs = performance.now();
      const answer = await ask(request, call);
      const returnedAtMs = performance.now();
      if (answer === 'refused' || (call === 'read' && answer === 'unknown')) return answer;
      const history = histories.get(user.id) ?? [];
      histories.set(user.id, history);
      history.push({ call, answer, invokedAtMs, returnedAtMs, requestId } as Operation);
      return answer;
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}

function requestFor(
  { id, amount }: LoadUser,
  call: Operation['call'],
  given: Readonly<Record<string, string>>,
): Dispatcher.RequestOptions {
  const headers = { ...given, 'content-type': 'application/json' };
  if (call === 'read') return { method: 'GET', path: `/users/${id}`, headers };
  return { method: 'POST', path: `/users/${id}/${call}`, headers, body: JSON.stringify({ amount }) };
}
