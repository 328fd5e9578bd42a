import type { TcpProxy } from '../../../app/testing/proxy.ts';
import { until } from '../../../app/testing/until.ts';
import { isCarriedOut } from '../../client/recorded-answer.ts';
import { post } from '../../client/stepped-requests.ts';

const servesWithinMs = 10_000;

/**
 * Waits until the instance is connected to every Redis again: it may serve already with a majority of them.
 *
 * @throws when it takes too long.
 */
export async function untilInUse(proxies: readonly TcpProxy[]): Promise<void> {
  const areInUse = () => proxies.every(({ isInUse }) => isInUse);
  await until('app-1 is connected to every Redis again', areInUse, { withinMs: servesWithinMs });
}

/**
 * Waits until an instance has got over the last fault: its connections are made anew by and by.
 *
 * @throws when it takes too long: the error has its last answer.
 */
export async function untilItServes(
  url: string,
  userId: number,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  for (const command of ['pay', 'cancel'] as const) {
    let answer = '';
    const isServed = async () => {
      answer = await post(url, { userId, command, headers });
      return isCarriedOut(answer);
    };
    const error = (message: string) => new Error(`${message}; it answered ${answer}`);
    await until(`${url} carries out a ${command}`, isServed, { withinMs: servesWithinMs, everyMs: 50, error });
  }
}
