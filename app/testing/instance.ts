import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { expect, vi } from 'vitest';
import { call } from './client.ts';
import { testStack } from './stack.ts';

export interface TestInstance {
  readonly url: string;
  readonly process: ChildProcess;
  /** All that it has written so far. */
  readonly output: () => string;
  /** Its exit code, once it has ended. */
  readonly exited: Promise<number | null>;
}

/** Starts an instance of the test's own, as the stack has compiled it, on the stack's MySQL and Redis; `env` goes over what those need. */
export async function spawnInstance(env: Record<string, string> = {}): Promise<TestInstance> {
  const { mysqlUrl, redisUrl, redlockUrls } = testStack();
  const port = String(await freePort());
  const child = spawn(process.execPath, ['dist/app/main.js'], {
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      PORT: port,
      INSTANCE: 'of-a-test',
      MYSQL_URL: mysqlUrl,
      REDIS_URL: redisUrl,
      REDLOCK_URLS: redlockUrls.join(','),
      JOBS: 'off', // what they put right, or take the locks of, is for tests that want it
      ...env,
    },
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return {
    url: `http://127.0.0.1:${port}`,
    process: child,
    output: () => output,
    exited: new Promise((resolve) => child.once('exit', resolve)),
  };
}

/** Waits until the instance can serve. */
export async function untilReady({ url }: TestInstance, withinMs = 15_000): Promise<void> {
  await vi.waitFor(async () => expect((await call('/readyz', { url })).status).toBe(200), {
    timeout: withinMs,
    interval: 50,
  });
}

/** @returns a free port below those that kernels give to outgoing connections, and below the private stack's. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 5000);
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer().once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}
