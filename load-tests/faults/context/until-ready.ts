import type { TcpProxy } from '../../../app/testing/proxy.ts';
import { until } from '../../../app/testing/until.ts';
import { isCarriedOut } from '../../client/recorded-answer.ts';
import { post } from '../../client/stepped-requests.ts';

const servesWithinMs = 10_000;

/** Waits until the instance has reconnected to every Redis: a majority would suffice to serve. @throws after the timeout. */
export async function untilInUse(proxies: readonly TcpProxy[]): Promise<void> {
  const areInUse = () => proxies.every(({ isInUse }) => isInUse);
  await until('app-1 has reconnected to every Redis', areInUse, { withinMs: servesWithinMs });
}

/** Waits until an instance has recovered from the last fault. @throws after the timeout, with the instance's last answer. */
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
    const error = (message: string) => new Error(`${message}; last answer: ${answer}`);
    await until(`${url} carries out a ${command}`, isServed, { withinMs: servesWithinMs, everyMs: 50, error });
  }
}
