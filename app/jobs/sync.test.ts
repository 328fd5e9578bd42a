import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../testing/free-port.ts';
import { type LocalServer, startLocalServer } from '../testing/local-server.ts';
import { PacedTime } from '../testing/paced-time.ts';
import { createSyncJob } from './sync.ts';

let server: LocalServer;
let origin: string;
let asked: { path: string | undefined; authorization: string | undefined; method: string | undefined }[];
let time: PacedTime;
let underWay: number;
let met: boolean;
/** Emits `silence` when a call is not going to be answered. */
const events = new EventEmitter();
const logged: string[] = [];
const log = pino({ level: 'info', base: null }, { write: (line: string) => void logged.push(line) });

beforeEach(async () => {
  asked = [];
  time = new PacedTime();
  logged.length = 0;
  underWay = 0;
  met = false;
  server = await startLocalServer(answer);
  origin = server.url;
});
afterEach(() => server[Symbol.asyncDispose]());

/** Answers `/status/<n>` with that status, `/moved` with a redirect, and `/silent` never. */
function answer(req: IncomingMessage, res: ServerResponse): void {
  asked.push({ path: req.url, authorization: req.headers.authorization, method: req.method });
  underWay += 1;
  met ||= underWay > 1;
  res.once('close', () => (underWay -= 1));
  if (req.url === '/silent') return void events.emit('silence');
  const status = Number(/^\/status\/(\d+)/.exec(req.url ?? '')?.[1] ?? 302);
  setImmediate(() => res.writeHead(status, { location: `${origin}/status/200` }).end('x'.repeat(100_000)));
}

/** Runs the job once, with these paths of the server or other URLs. Virtual time stands still. */
function run(paths: readonly string[], signal = new AbortController().signal) {
  const urls = paths.map((path) => (path.startsWith('/') ? `${origin}${path}` : path));
  const schedule = { schedule: '* * * * *', timeZone: 'UTC', ttlMs: 1, atLeastForMs: 0 };
  const job = createSyncJob({ ...schedule, urls, timeoutMs, runtime: time.process('sync') });
  return job.run({ signal, log, scheduledAt: new Date(), token: 1n });
}
const timeoutMs = 2000;
const paths = () => asked.map(({ path }) => path);

test('calls the URLs one after the other, and reports each status', async () => {
  expect(await run(['/status/200', '/status/204', '/status/201'])).toBe(
    `${origin}/… 200, ${origin}/… 204, ${origin}/… 201`,
  );
  expect(paths()).toEqual(['/status/200', '/status/204', '/status/201']);
  expect(asked.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET']);
  expect(met).toBe(false);
  expect(logged).toHaveLength(3);
  expect(JSON.parse(logged[0] ?? '')).toMatchObject({ url: `${origin}/…`, result: '200' });
});

test('goes on after a failed call, then fails with the whole list', async () => {
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const silence = once(events, 'silence');
  const failed = run([nowhere, '/status/503', '/silent', '/status/200']);
  failed.catch(() => {});
  await silence;
  await time.pass(timeoutMs + 1);
  await expect(failed).rejects.toThrow(
    `${nowhere} ECONNREFUSED, ${origin}/… 503, ${origin}/… timeout, ${origin}/… 200`,
  );
});

test('follows no redirect', async () => {
  await expect(run(['/moved'])).rejects.toThrow(`${origin}/… 302`);
  expect(paths()).toEqual(['/moved']);
});

test('sends credentials, and logs neither these nor the path or the query', async () => {
  const withSecrets = origin.replace('//', '//ann%40b:geheim%@');
  const detail = await run([`${withSecrets}/status/200/geheim?token=geheim#geheim`]);
  expect(detail).toBe(`${origin}/… 200`);
  const authorization = `Basic ${Buffer.from('ann@b:geheim%').toString('base64')}`;
  expect(asked).toMatchObject([{ path: '/status/200/geheim?token=geheim', authorization }]);
  const nowhere = `127.0.0.1:${await freePort()}`;
  const failed = await run([`http://u:geheim@${nowhere}/?geheim`]).catch((error: Error) => error);
  expect(String(failed)).toContain(`http://${nowhere} ECONNREFUSED`);
  expect(`${detail} ${logged.join()} ${(failed as Error).stack}`).not.toContain('geheim');
});

test('stops on the signal, aborting the current call', async () => {
  const stop = new AbortController();
  const reason = new Error('the lease is lost');
  const silence = once(events, 'silence');
  const stopped = run(['/status/200', '/silent', '/status/200'], stop.signal);
  stopped.catch(() => {});
  await silence;
  expect(paths()).toEqual(['/status/200', '/silent']);
  stop.abort(reason);
  const error = await stopped.catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ cause: reason });
  expect(String(error)).toContain(`${origin}/… 200, ${origin}/… stopped, 1 not called`);
  expect(paths()).toHaveLength(2);
});

test('limits the detail to 1000 characters', async () => {
  const many = Array.from({ length: 60 }, () => '/status/200');
  expect((await run(many)).length).toBeLessThanOrEqual(1000);
  expect(paths()).toHaveLength(60);
});
