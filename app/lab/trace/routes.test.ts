import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Response } from 'express';
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { answerErrors } from '../../http/errors.ts';
import { call } from '../../testing/client.ts';
import { listen } from '../../testing/event-stream.ts';
import { sharedRedis } from '../../testing/shared.ts';
import { withResolvers } from '../../testing/with-resolvers.ts';
import { createTraceFeed } from './feed.ts';
import { traceRoutes } from './routes.ts';
import { traceKey } from './sink.ts';

/** Shorter times than in production. */
const timing = { heartbeatMs: 30, unreadMs: 400 };
const redis = sharedRedis();
let server: Server;
let url: string;
let patient: Server;
let trace: string;
const responses: Response[] = [];
beforeAll(async () => {
  server = await serve(timing);
  patient = await serve({ heartbeatMs: 10_000, unreadMs: 60_000 });
  url = urlOf(server);
});
afterAll(() => {
  for (const each of [server, patient]) {
    each.closeAllConnections();
    each.close();
  }
});
beforeEach(() => {
  trace = randomUUID();
});

async function serve(patience: typeof timing): Promise<Server> {
  const routes = traceRoutes(createTraceFeed(redis, 30_000), new AbortController().signal, patience);
  const app = express().use((_req, res, next) => {
    responses.push(res);
    next();
  });
  const serving = app
    .use(routes)
    .use(answerErrors(pino({ level: 'silent' })))
    .listen(0, '127.0.0.1');
  await once(serving, 'listening');
  return serving;
}
const urlOf = (serving: Server) => `http://127.0.0.1:${(serving.address() as AddressInfo).port}`;

/** Writes this many events. @returns their ids. */
async function write(of: string, count = 1, padding = ''): Promise<string[]> {
  const pipeline = redis.pipeline();
  const event = JSON.stringify({ trace: of, padding });
  for (let number = 0; number < count; number++) pipeline.xadd(traceKey, '*', 'trace', of, 'event', event);
  return ((await pipeline.exec()) ?? []).map(([, id]) => String(id));
}
const listenHere = (lastId = '') =>
  listen(`/lab/trace?trace=${trace}`, { url, headers: lastId ? { 'last-event-id': lastId } : {} });

test('heartbeats carry the position, for a reconnect without a gap', async () => {
  await using stream = await listenHere();
  const [other] = await write('another');
  await expect.poll(() => stream.lastId).toBe(other);
  expect(stream.events).toEqual([]);
  await redis.xtrim(traceKey, 'MAXLEN', 1);
  await using again = await listenHere(stream.lastId);
  const [own] = await write(trace);
  await again.until((events) => events.length > 0);
  expect(again.events).toMatchObject([{ event: 'step', id: own }]);
});

test('disconnects a listener that does not read; it can reconnect and go on', async () => {
  await using stuck = await listenHere();
  const { promise: pause, resolve: goOn } = withResolvers();
  stuck.pauseFor(pause);
  const ids = await write(trace, 240, 'x'.repeat(50_000));
  const open = () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
  await expect.poll(open).toBe(0);
  goOn();
  await expect.poll(() => stuck.state).toBe('broken');
  const heard = stuck.events.map(({ id }) => id);
  for (let lastId = stuck.lastId; lastId !== ids.at(-1); ) {
    await using again = await listenHere(lastId); // on a slow machine more than once
    const over = () => again.state !== 'open' || again.lastId === ids.at(-1);
    await expect.poll(over).toBe(true);
    heard.push(...again.events.map(({ id }) => id));
    lastId = again.lastId;
  }
  expect(heard).toEqual(ids);
});

test('a slow listener delays no other, and gets all events in order', async () => {
  const place = { url: urlOf(patient) };
  await using slow = await listen(`/lab/trace?trace=${trace}`, place);
  await using quick = await listen(`/lab/trace?trace=${trace}`, place);
  const { promise: pause, resolve: goOn } = withResolvers();
  slow.pauseFor(pause);
  const ids: string[] = [];
  for (let part = 0; part < 12; part++) {
    ids.push(...(await write(trace, 100, 'x'.repeat(10_000))));
    await quick.until(() => quick.events.length === ids.length);
  }
  expect(quick.events.map(({ id }) => id)).toEqual(ids);
  expect(slow.events.length).toBeLessThan(ids.length);
  goOn();
  await slow.until(() => slow.events.length >= ids.length);
  expect(slow.events.map(({ id }) => id)).toEqual(ids);
});

test('keeps little of what a listener does not read, and takes no more listeners than it can keep', async () => {
  const crowded = await serve({ heartbeatMs: 10_000, unreadMs: 60_000 }); // others would be refused until it has noticed who left
  onTestFinished(() => {
    crowded.closeAllConnections();
    crowded.close();
  });
  const place = { url: urlOf(crowded) };
  await using unread = await listen(`/lab/trace?trace=${trace}`, place);
  unread.pauseFor(new Promise(() => {}));
  const response = responses.at(-1);
  await write(trace, 600, 'x'.repeat(20_000));
  await expect.poll(() => response?.writableNeedDrain).toBe(true);
  expect(response?.writableLength).toBeLessThan(200_000);

  const streams = await Promise.all(Array.from({ length: 99 }, () => listen('/lab/trace', place)));
  const { status, headers } = await call('/lab/trace', place);
  expect([status, headers.get('retry-after')]).toEqual([503, '5']);
  await streams[0]?.close();
  const opens = () =>
    listen('/lab/trace', place).then(
      (stream) => stream.close().then(() => true),
      () => false,
    );
  await expect.poll(opens).toBe(true);
  for (const stream of streams) await stream.close();
});
