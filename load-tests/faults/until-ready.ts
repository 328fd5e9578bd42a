import { setTimeout as sleep } from 'node:timers/promises';
import { post } from '../interleavings/requests.ts';
import type { TcpProxy } from './proxy.ts';

const servesWithinMs = 10_000;
const carriedOut = new Set(['paid', 'already_paid', 'cancelled', 'nothing_to_cancel']);

/**
 * Waits until the instance is connected to every Redis again: it may serve already with a majority of them.
 *
 * @throws when it takes too long.
 */
export async function untilInUse(proxies: readonly TcpProxy[]): Promise<void> {
  const deadline = performance.now() + servesWithinMs;
  while (!proxies.every(({ isInUse }) => isInUse)) {
    if (performance.now() > deadline) throw new Error('app-1 does not connect to every Redis again');
    await sleep(20);
  }
}

/**
 * Waits until an instance has got over the last fault: its connections are made anew by and by.
 *
 * @throws when it takes too long: the error has its last answer.
 */
export async function untilItServes(url: string, userId: number): Promise<void> {
  const deadline = performance.now() + servesWithinMs;
  for (const command of ['pay', 'cancel'] as const) {
    for (;;) {
      const answer = await post(url, { userId, command, headers: {} });
      if (carriedOut.has(answer)) break;
      if (performance.now() > deadline) throw new Error(`${url} does not serve: it answered ${answer}`);
      await sleep(50);
    }
  }
}
