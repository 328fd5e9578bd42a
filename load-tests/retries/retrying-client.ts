import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../app/web/page/state/random.ts';
import { nameOfAnswer } from '../client/tally.ts';

/** One payment or cancellation that a client intends, however many requests it sends for it. */
export interface Intent {
  /** Unique to the cell. */
  readonly name: string;
  readonly kind: 'pay' | 'cancel';
  readonly userId: number;
  readonly amount: number;
}

export interface RetryingClientOptions {
  readonly url: string;
  /** True if an intent's requests carry its name as their `Idempotency-Key`. */
  readonly hasKeys: boolean;
  readonly random: Random;
  /** How long an intent may be retried. */
  readonly withinMs: number;
}

/** A client that retries until its answer is final. */
export interface RetryingClient {
  /**
   * Sends the intent's request until its answer is final.
   *
   * @param timeoutMs of the first request only: after a timeout, the client does not know whether it took effect.
   * @returns the final answer, such as `paid`.
   * @throws if no final answer arrives in time, or an answer is neither final nor retryable.
   */
  execute(intent: Intent, timeoutMs?: number): Promise<string>;
  /** The first final answers, by the intent's name. */
  readonly answers: ReadonlyMap<string, string>;
  /** The intents that got a second, different final answer. */
  readonly answeredAnew: ReadonlySet<string>;
  /** Number of requests beyond the first of each intent. */
  readonly retries: number;
  /** Number of requests during which their instance died. */
  readonly cutOff: number;
}

const requestTimeoutMs = 10_000;
const firstPauseMs = 20;
const longestPauseMs = 500;

/** The result is known. */
const finalAnswers = new Set(['paid', 'already_paid', 'cancelled', 'nothing_to_cancel', 'stale-write']);
/** Nothing was done, or the result is unknown. */
const retryable = new Set([
  'lock-busy',
  'lease-lost',
  'unavailable',
  'unfinished',
  'idempotency-key-in-use',
  'bad-gateway',
  'gateway-timeout',
]);

export function createRetryingClient(options: RetryingClientOptions): RetryingClient {
  const { url, hasKeys, random, withinMs } = options;
  let retries = 0;
  let cutOff = 0;
  const begun = new Set<string>();
  const answers = new Map<string, string>();
  const answeredAnew = new Set<string>();

  /** @returns the answer; undefined if none came. */
  async function send({ name, kind, userId, amount }: Intent, timeoutMs: number): Promise<string | undefined> {
    try {
      const response = await fetch(new URL(`/users/${userId}/${kind}`, url), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-lab-intent': name,
          ...(hasKeys && { 'idempotency-key': name }),
        },
        body: JSON.stringify({ amount }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      return nameOfAnswer(await response.text()) ?? `status ${response.status}`;
    } catch {
      return undefined;
    }
  }

  return {
    async execute(intent, timeoutMs = requestTimeoutMs) {
      const deadline = performance.now() + withinMs;
      if (begun.has(intent.name)) retries += 1;
      begun.add(intent.name);
      for (let tries = 0; ; tries++) {
        const answer = await send(intent, tries === 0 ? timeoutMs : requestTimeoutMs);
        if (answer === 'bad-gateway') cutOff += 1;
        if (answer !== undefined && finalAnswers.has(answer)) {
          const first = answers.get(intent.name);
          if (first === undefined) answers.set(intent.name, answer);
          else if (first !== answer) answeredAnew.add(intent.name);
          return answer;
        }
        const result = `${intent.name}, a ${intent.kind} of user ${intent.userId}, was answered ${answer ?? 'nothing'}`;
        if (answer !== undefined && !retryable.has(answer)) throw new Error(`${result}.`);
        if (performance.now() > deadline) throw new Error(`${result} after ${tries + 1} tries in ${withinMs} ms.`);
        retries += 1;
        // Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
        await sleep(random(Math.min(longestPauseMs, firstPauseMs * 2 ** tries)));
      }
    },
    answers,
    answeredAnew,
    get retries() {
      return retries;
    },
    get cutOff() {
      return cutOff;
    },
  };
}
