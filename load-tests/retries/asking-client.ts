import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../app/web/page/model/random.ts';
import { nameOfAnswer } from '../client/tally.ts';

/** One payment or cancellation that a client means, however often it asks for it. */
export interface Intent {
  /** Unique to the cell. */
  readonly name: string;
  readonly kind: 'pay' | 'cancel';
  readonly userId: number;
  readonly amount: number;
}

export interface AskingClientOptions {
  readonly url: string;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether an intent's requests carry its name as their `Idempotency-Key`. */
  readonly hasKeys: boolean;
  readonly random: Random;
  /** How long an intent may be asked for. */
  readonly withinMs: number;
}

/** A client that asks again until it knows what came of its intent. */
export interface AskingClient {
  /**
   * @param patienceMs how long the first request may take: a client that gives up does not know what it has done.
   * @returns the answer that settles it, such as `paid`.
   * @throws when there was none in time, or one that no client may get.
   */
  ask(intent: Intent, patienceMs?: number): Promise<string>;
  /** What settled each intent, by its name. */
  readonly answers: ReadonlyMap<string, string>;
  /** Number of requests sent beyond the first of each {@link ask}. */
  readonly retries: number;
}

const longestAnswerMs = 10_000;
const firstPauseMs = 20;
const longestPauseMs = 500;

/**
 * What a client may be told that settles its intent. After anything else it does not know, or knows that nothing was done,
 * and asks again.
 */
const settled = new Set(['paid', 'already_paid', 'cancelled', 'nothing_to_cancel', 'stale-write']);
const askAgainAfter = new Set([
  'lock-busy',
  'lease-lost',
  'unavailable',
  'unfinished',
  'idempotency-key-in-use',
  'bad-gateway',
  'gateway-timeout',
]);

export function createAskingClient(options: AskingClientOptions): AskingClient {
  const { url, headers, hasKeys, random, withinMs } = options;
  let retries = 0;
  const answers = new Map<string, string>();

  /** @returns the answer; undefined if none came. */
  async function send({ name, kind, userId, amount }: Intent, patienceMs: number): Promise<string | undefined> {
    try {
      const response = await fetch(new URL(`/users/${userId}/${kind}`, url), {
        method: 'POST',
        headers: {
          ...headers,
          'content-type': 'application/json',
          'x-lab-intent': name,
          ...(hasKeys && { 'idempotency-key': name }),
        },
        body: JSON.stringify({ amount }),
        signal: AbortSignal.timeout(patienceMs),
      });
      return nameOfAnswer(await response.text()) ?? `status ${response.status}`;
    } catch {
      return undefined;
    }
  }

  return {
    async ask(intent, patienceMs = longestAnswerMs) {
      const deadline = performance.now() + withinMs;
      for (let tries = 0; ; tries++) {
        const answer = await send(intent, tries === 0 ? patienceMs : longestAnswerMs);
        if (answer !== undefined && settled.has(answer)) {
          answers.set(intent.name, answer);
          return answer;
        }
        const told = `${intent.name}, a ${intent.kind} of user ${intent.userId}, was answered ${answer ?? 'nothing'}`;
        if (answer !== undefined && !askAgainAfter.has(answer)) throw new Error(`${told}.`);
        if (performance.now() > deadline) throw new Error(`${told} after ${tries + 1} tries in ${withinMs} ms.`);
        retries += 1;
        // Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
        await sleep(random(Math.min(longestPauseMs, firstPauseMs * 2 ** tries)));
      }
    },
    answers,
    get retries() {
      return retries;
    },
  };
}
