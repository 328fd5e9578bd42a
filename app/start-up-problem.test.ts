import express from 'express';
import { expect, test } from 'vitest';
import { assertMigrated } from '../migrations/migrate.ts';
import { openDatabase } from './database/open.ts';
import { serve } from './run-instance.ts';
import { startUpProblem } from './start-up-problem.ts';
import { testStack } from './testing/stack.ts';

async function connect(url: string): Promise<void> {
  const db = openDatabase({ url, poolMax: 1, timeoutMs: 30_000, say: () => {} });
  try {
    await assertMigrated(db);
  } finally {
    await db.destroy();
  }
}

test.each([
  [
    'an unreachable database',
    () => connect('mysql://user@127.0.0.1:1/nothing'),
    'MYSQL_URL',
    /^the database cannot be reached: .*ECONNREFUSED/,
  ],
  [
    'a wrong password',
    () => connect(testStack().mysqlUrl.replace(/:\w+@/, ':wrong@')),
    'MYSQL_URL',
    /^correct its user or password/,
  ],
  [
    'a taken port',
    () => serve(express(), Number(new URL(testStack().mysqlUrl).port), '127.0.0.1'),
    'PORT',
    /^choose another one.*EADDRINUSE/,
  ],
])('%s: names the variable, and what to do', async (_what, start, variable, message) => {
  const error: unknown = await start().catch((thrown: unknown) => thrown);
  expect(startUpProblem(error)).toEqual({ variable, message: expect.stringMatching(message) });
});
