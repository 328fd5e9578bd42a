import { afterAll, beforeAll, expect } from 'vitest';
import type { User } from '../../app/payments/users.ts';
import { type Answer, call, sendPayment } from '../../app/testing/client.ts';
import { soon, until } from '../../app/testing/until.ts';
import { resetUsers } from '../client/lab-client.ts';
import { type Stack, startStack } from '../stack/index.ts';

/** A stack of the file's own, whose parts it may stop, kill and freeze, and what it asks of the service there. */
export function ownStack(env: Readonly<Record<string, string>>) {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ env: { LOCK_MODE: 'redis', GATEWAY_MS: '5', ...env } });
  });
  afterAll(() => stack?.stop());
  return {
    get stack() {
      return stack;
    },
    ...callsTo(() => stack.url),
  };
}

/** @param url called for each request, so that several instances may take turns. */
export function callsTo(url: () => string) {
  const post = (command: 'pay' | 'cancel', id: number, headers: Record<string, string> = {}): Promise<Answer> =>
    sendPayment(command, id, { url: url(), headers });
  return {
    post,
    user: async (id: number) => (await call(`/users/${id}`, { url: url() })).body as User,
    freshUsers: async (count: number) => (await resetUsers(url(), count)).map(({ id }) => id),
    /** Waits until each of them could be paid for; by three in a row, every instance carries payments out again. */
    async untilItPays(ids: readonly number[], headers?: Record<string, string>): Promise<void> {
      for (const id of ids) {
        const paid = async () => (await post('pay', id, headers)).status === 200;
        await until(`user ${id} can pay`, paid, soon);
      }
    },
  };
}

/** The answer to a guarded request while a server that it needs is away. It does not wait for the server. */
export function expectUnavailable({ status, body }: Answer): void {
  expect([status, body.type]).toEqual([503, '/problems/unavailable']);
}
