import { afterAll, beforeAll } from 'vitest';
import { type Answer, call } from '../../app/testing/client.ts';
import { soon, until } from '../../app/testing/until.ts';
import { type LabUser, resetUsers } from '../client/lab-client.ts';
import { type Stack, startStack } from '../stack/index.ts';

/** A stack of the file's own, whose parts it may stop, kill and freeze, and what it asks of the service there. */
export function ownStack(env: Readonly<Record<string, string>>) {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ env: { LOCK_MODE: 'redis', GATEWAY_MS: '5', ...env } });
  });
  afterAll(() => stack?.stop());

  const post = (command: 'pay' | 'cancel', id: number, headers: Record<string, string> = {}): Promise<Answer> =>
    call(`/users/${id}/${command}`, { url: stack.url, json: { amount: 4900 }, headers });
  return {
    get stack() {
      return stack;
    },
    post,
    user: async (id: number) => (await call(`/users/${id}`, { url: stack.url })).body as LabUser,
    freshUsers: async (count: number) => (await resetUsers(stack.url, count)).map(({ id }) => id),
    /** Waits until each of them could be paid for; by three in a row, every instance carries payments out again. */
    async untilItPays(ids: readonly number[], headers?: Record<string, string>): Promise<void> {
      for (const id of ids) {
        const paid = async () => (await post('pay', id, headers)).status === 200;
        await until(`user ${id} can pay`, paid, soon);
      }
    },
  };
}
