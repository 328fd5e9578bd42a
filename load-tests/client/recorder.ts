import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';
import type { Operation } from '../verify/operation.ts';
import type { LoadUser } from './load.ts';
import { type HalfDone, mayBeHalfDone, oneMore, type RecordedAnswer, recordedAnswer } from './recorded-answer.ts';
import { nameOfAnswer } from './tally.ts';

export interface RecorderOptions {
  readonly url: string;
  /** Maximum number of calls in flight per server. */
  readonly clients: number;
  /** Prefix of each `X-Request-Id`: letters, digits, `.`, `_` and `-`. */
  readonly requestPrefix: string;
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Aborts calls in flight, with unknown outcome; later calls are not sent. */
  readonly signal?: AbortSignal;
}

/**
 * Makes calls and records, by user, when each was sent and answered, and the answer. It does not use autocannon, which
 * keeps its queue of sent requests when it reopens a connection and so may pair an answer with another call.
 */
export interface Recorder extends AsyncDisposable {
  readonly histories: ReadonlyMap<number, readonly Operation[]>;
  /** By user, where a call may be half done. */
  readonly halfDone: ReadonlyMap<number, HalfDone>;
  /** The instances that answered. */
  readonly instances: ReadonlySet<string>;
  readonly isAborted: boolean;
  /**
   * Makes one call; after 40 seconds without an answer its outcome is unknown.
   *
   * @param at target URL if not the recorder's own: an instance, bypassing nginx.
   * @returns the recorded answer. A `refused` call and an `unknown` read are not in the history: they had no effect.
   * @throws when a successful response is not a valid answer to the call.
   */
  call(user: LoadUser, call: Operation['call'], at?: string): Promise<RecordedAnswer>;
}

/** Longer than nginx's timeout, so that nginx reports the outcome. */
const answerTimeoutMs = 40_000;
/** Limits the rate of calls that fail at once because connections are refused. */
const afterFailureMs = 10;

export function createRecorder({ url, clients, requestPrefix, headers, signal }: RecorderOptions): Recorder {
  const pool = new Agent({
    connections: clients,
    pipelining: 1,
    connectTimeout: 5000,
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
  });
  // One listener for all calls instead of one each.
  signal?.addEventListener('abort', () => void pool.destroy(), { once: true });
  const histories = new Map<number, Operation[]>();
  const halfDone = new Map<number, HalfDone>();
  const instances = new Set<string>();
  let calls = 0;

  async function send(
    request: Dispatcher.RequestOptions,
    call: Operation['call'],
  ): Promise<{ answer: RecordedAnswer; isHalfDone?: boolean }> {
    let received: { status: number; body: string };
    try {
      const { statusCode: status, headers, body } = await pool.request(request);
      received = { status, body: await body.text() };
      if (typeof headers['x-instance'] === 'string') instances.add(headers['x-instance']);
    } catch {
      if (!signal?.aborted) await sleep(afterFailureMs);
      return { answer: 'unknown', isHalfDone: true };
    }
    const answer = recordedAnswer(call, received);
    return { answer, isHalfDone: answer === 'unknown' && mayBeHalfDone(nameOfAnswer(received.body)) };
  }

  return {
    histories,
    halfDone,
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
      const { answer, isHalfDone } = await send(request, call);
      const returnedAtMs = performance.now();
      if (answer === 'refused' || (call === 'read' && answer === 'unknown')) return answer;
      if (isHalfDone && call !== 'read') halfDone.set(user.id, oneMore(halfDone.get(user.id), call));
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
  callHeaders: Readonly<Record<string, string>>,
): Dispatcher.RequestOptions {
  const headers = { ...callHeaders, 'content-type': 'application/json' };
  if (call === 'read') return { method: 'GET', path: `/users/${id}`, headers };
  return { method: 'POST', path: `/users/${id}/${call}`, headers, body: JSON.stringify({ amount }) };
}
