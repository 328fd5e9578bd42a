import { type ChildProcess, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import type { Express } from 'express';
import pino from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { readConfig } from '../config.ts';
import { buildInstance } from '../instance.ts';
import { logSerializers } from '../log.ts';
import { serve } from '../run-instance.ts';
import { call } from './client.ts';
import { freePort } from './free-port.ts';
import { sharedRedis } from './shared.ts';
import { testStack } from './stack.ts';
import { soon, until } from './until.ts';

export interface ReachableInstance {
  readonly url: string;
  /** @returns its output so far. */
  readonly output: () => string;
}

/** The environment of an instance on the stack's servers. */
function environment(env: Readonly<Record<string, string>>): Record<string, string> {
  const { mysqlUrl, redisUrl, redlockUrls } = testStack();
  return {
    INSTANCE: 'of-a-test',
    MYSQL_URL: mysqlUrl,
    REDIS_URL: redisUrl,
    MYSQL_TIMEOUT_MS: '30000', // only a hang reaches it
    REDIS_TIMEOUT_MS: '30000',
    LOCK_TTL_MS: '100000', // a stepped request may hold a lock for long on a busy machine
    REDLOCK_URLS: redlockUrls.join(','),
    DRAIN_MS: '0', // no proxy sends to it
    JOBS: 'off', // only tests of the jobs run them
    ...env,
  };
}

/** An instance within this process. */
export interface OpenInstance extends ReachableInstance, AsyncDisposable {
  readonly app: Express;
  /** Resolves once it is known whether each Redis is up. */
  readonly tried: Promise<unknown>;
  /** Shuts it down as on a signal. @returns the exit code. */
  readonly shutDown: () => Promise<number>;
}

/**
 * Opens an instance within this process, on the stack's servers; `env` overrides the defaults. It starts in a fraction of
 * the time of a process: for all tests that are not about the process.
 */
export async function openInstance(env: Readonly<Record<string, string>> = {}): Promise<OpenInstance> {
  const config = readConfig(environment(env));
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const lines: string[] = [];
  const sink = new Writable({ write: (line, _encoding, done) => done(void lines.push(String(line))) });
  const log = pino({ level: config.LOG_LEVEL, base: { instance: config.INSTANCE }, serializers: logSerializers }, sink);
  const instance = buildInstance({ config, log, metrics });
  const tried = Promise.all(
    instance.redis.map((node) => new Promise<void>((resolve) => node.once('ready', resolve).once('close', resolve))),
  );
  const server = await serve(instance.app, 0, '127.0.0.1');
  const shutDown = instance.shutdown.prepare({ ...instance, server });
  instance.jobs.start();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    output: () => lines.join(''),
    app: instance.app,
    tried,
    shutDown: () => shutDown('SIGTERM'),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await Promise.all([instance.jobs.stop(), instance.lab?.close()]);
      for (const node of instance.redis) node.disconnect();
      await Promise.all(Object.values(instance.modes).map((mode) => mode.close())); // waits for no Redis any more
      await instance.db.destroy();
    },
  };
}

/** An instance as a process. */
export interface TestInstance extends ReachableInstance, AsyncDisposable {
  readonly process: ChildProcess;
  /** Its exit code, once it has ended. */
  readonly exited: Promise<number | null>;
}

/** Starts an instance as a process, as built for the stack: for tests about the process. Others use {@link openInstance}. */
export async function spawnInstance(env: Readonly<Record<string, string>> = {}): Promise<TestInstance> {
  const port = String(await freePort());
  const variables = environment(env);
  const child = spawn(process.execPath, ['dist/app/main.js'], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: port, ...variables },
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    process: child,
    output: () => output,
    exited,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      await sharedRedis().del(`lab:instances:${variables.INSTANCE}`); // else the lab misses its heartbeat for a minute
    },
  };
}

/** Waits until the instance is ready. @throws if it has ended. */
export async function untilReady(instance: ReachableInstance & Partial<TestInstance>): Promise<void> {
  const { url, output, process } = instance;
  const error = (message: string) => new Error(`${message}. It has written:\n${output()}`);
  const isReady = async () => {
    if (process && process.exitCode !== null) throw error(`the instance has ended, with ${process.exitCode}`);
    return (await call('/readyz', { url }).catch(() => undefined))?.status === 200;
  };
  await until('the instance is ready', isReady, { ...soon, error });
}

/** Opens an instance and waits until it is ready, in every mode whose servers are reachable. */
export async function readyInstance(env: Readonly<Record<string, string>> = {}): Promise<OpenInstance> {
  const instance = await openInstance(env);
  await instance.tried; // before it: what readyz has found without them stands for a moment
  await untilReady(instance);
  return instance;
}
