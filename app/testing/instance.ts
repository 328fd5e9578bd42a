import { type ChildProcess, spawn } from 'node:child_process';
import { call } from './client.ts';
import { freePort } from './free-port.ts';
import { testStack } from './stack.ts';
import { soon, until } from './until.ts';

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
export async function untilReady({ url, process, output }: TestInstance): Promise<void> {
  const error = (message: string) => new Error(`${message}. It has written:\n${output()}`);
  const isReady = async () => {
    if (process.exitCode !== null) throw error(`the instance has ended, with ${process.exitCode}`);
    return (await call('/readyz', { url }).catch(() => undefined))?.status === 200;
  };
  await until('the instance is ready', isReady, { ...soon, error });
}
