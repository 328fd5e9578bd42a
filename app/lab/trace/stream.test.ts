import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { call, heldRequest, newUser, sendPayment } from '../../testing/client.ts';
import { type EventStream, listen, type ServerEvent } from '../../testing/event-stream.ts';
import { readyInstance } from '../../testing/instance.ts';
import { sharedRedis } from '../../testing/shared.ts';
import { testStack } from '../../testing/stack.ts';
import { traceKey } from './sink.ts';

const redis = sharedRedis();
let trace: string;
let userId: number;
beforeEach(async () => {
  trace = randomUUID();
  userId = await newUser();
});
const traced = (requestId: string) => ({
  'x-lab-trace': trace,
  'x-request-id': requestId,
  'x-lock-mode': 'none',
  'x-gateway-ms': '0',
});
const send = (requestId: string) => sendPayment('pay', userId, { headers: traced(requestId) });
const path = (rest = '') => `/lab/trace?trace=${trace}${rest}`;
const answered = (stream: EventStream, requestId: string) =>
  stream.until((events) => events.some(({ data }) => data.requestId === requestId && data.step === 'answered'));
/** Writes events to the stream as an instance does. */
async function write(count: number, of = trace): Promise<string[]> {
  const pipeline = redis.pipeline();
  for (let number = 0; number < count; number++) {
    pipeline.xadd(traceKey, '*', 'trace', of, 'event', JSON.stringify({ trace: of, number }));
  }
  return ((await pipeline.exec()) ?? []).map(([, id]) => String(id));
}
const ids = (stream: EventStream) => stream.events.filter(({ event }) => event === 'step').map(({ id }) => id);
const listeningConnections = async () =>
  String(await redis.client('LIST'))
    .split('\n')
    .filter((line) => line.includes('name=lab-trace')).length;

test('streams one trace from all instances, in the order of the ids', async () => {
  await using stream = await listen(path());
  await using all = await listen('/lab/trace');
  const by = new Set<string | null>();
  let sent = 0;
  for (; by.size < 3 && sent < 30; sent++) by.add((await send(`r${sent}`)).headers.get('x-instance'));
  expect([...by].sort()).toEqual(['app-1', 'app-2', 'app-3']);
  const [other] = await write(1, 'another');
  const [last = ''] = await write(1);
  // An instance may send its events a little after the answer, so other events may come first.
  const hasAll = (events: readonly ServerEvent[]) =>
    events.some(({ id }) => id === last) &&
    events.filter(({ data }) => data.trace === trace && data.step === 'answered').length === sent;
  await stream.until(hasAll);
  await all.until(hasAll);
  const heard = stream.events.flatMap(({ data }) => data.instance ?? []);
  expect(new Set(heard)).toEqual(by);
  expect(stream.events.every(({ event, id, data }) => event === 'step' && (data.id ?? id) === id)).toBe(true);
  expect(ids(all)).toContain(other);
  expect(ids(stream)).not.toContain(other);
  for (const of of [ids(stream), ids(all)]) expect(of).toEqual([...of].sort((a, b) => compare(a, b)));
});

function compare(a: string, b: string): number {
  const [aMs = 0, aNumber = 0] = a.split('-').map(Number);
  const [bMs = 0, bNumber = 0] = b.split('-').map(Number);
  return aMs - bMs || aNumber - bNumber;
}

test('streams events while their request is in progress', async () => {
  await using stream = await listen(path());
  const held = await heldRequest(userId, { headers: traced('slow'), before: 'act' });
  await stream.until((events) => events.some(({ data }) => data.step === 'decided'));
  expect(stream.events.map(({ data }) => data.step)).toEqual(['arrived', 'read', 'decided']);
  await held.resume();
  await answered(stream, 'slow'); // its last events come after its answer
});

test('a reconnect to any instance loses and repeats nothing', async () => {
  const heard: string[] = [];
  const wanted: string[] = [];
  let lastId = '';
  let writing = true;
  const writer = (async () => {
    while (writing) {
      wanted.push(...(await write(7)));
      await pause(3); // slow enough for all listeners
    }
  })();
  let writtenBefore = 0;
  for (let visit = 0; visit < 12; visit++) {
    const stream = await listen(path(), { headers: lastId ? { 'last-event-id': lastId } : {} });
    if (visit === 0) writtenBefore = wanted.length;
    lastId ||= stream.lastId;
    await stream.until((events) => events.length >= 20);
    await stream.close();
    expect(stream.events.every(({ event }) => event === 'step')).toBe(true);
    heard.push(...ids(stream));
    lastId = stream.lastId;
  }
  writing = false;
  await writer;
  const end = wanted.at(-1);
  await using stream = await listen(path(`&after=${lastId}`));
  await stream.until(() => stream.lastId === end);
  heard.push(...ids(stream));
  expect(heard).toEqual(wanted.slice(wanted.indexOf(heard[0] ?? '')));
  expect(wanted.indexOf(heard[0] ?? '')).toBeLessThanOrEqual(writtenBefore + 7); // from then on; 7 were being written
});

test('a listener without events can reconnect at its start position', async () => {
  const first = await listen(path());
  await expect.poll(() => first.lastId).toMatch(/^\d+-\d+$/);
  await first.close();
  const written = await write(3);
  await using second = await listen(path(), { headers: { 'last-event-id': first.lastId } });
  await second.until((events) => events.length === 3);
  expect(ids(second)).toEqual(written);
});

test('Last-Event-ID takes precedence over the query', async () => {
  const [first = '', second = '', third = ''] = await write(3);
  await using stream = await listen(path(`&after=${first}`), { headers: { 'last-event-id': second } });
  await stream.until((events) => events.length > 0);
  expect(ids(stream)).toEqual([third]);
});

describe('a position that is not in the stream', () => {
  test('reports a gap after trimming, then what is left', async () => {
    const [first = ''] = await write(20);
    await redis.xtrim(traceKey, 'MAXLEN', 5);
    await using stream = await listen(path(`&after=${first}`));
    await stream.until((events) => events.length === 6);
    expect(stream.events[0]).toMatchObject({ event: 'gap', data: { lost: true } });
    expect(ids(stream)).toHaveLength(5);
  });

  test('reports the gap once if nothing is left, then new events', async () => {
    const [first = ''] = await write(20);
    await redis.xtrim(traceKey, 'MAXLEN', 0);
    await using stream = await listen(path(`&after=${first}`));
    await stream.until((events) => events.length > 0);
    const [next = ''] = await write(1);
    await stream.until((events) => events.at(-1)?.id === next);
    expect(stream.events.map(({ event }) => event)).toEqual(['gap', 'step']);
  });

  test('does not report a gap again to one that reconnects', async () => {
    const [first = ''] = await write(20);
    await redis.xtrim(traceKey, 'MAXLEN', 0);
    await using stream = await listen(path(`&after=${first}`));
    await stream.until((events) => events[0]?.event === 'gap');
    await expect.poll(() => stream.lastId).not.toBe(first);
    await using again = await listen(path(), { headers: { 'last-event-id': stream.lastId } });
    await write(1);
    await again.until((events) => events.length > 0);
    expect(again.events.map(({ event }) => event)).toEqual(['step']);
  });

  test('reports no gap if only seen events were trimmed', async () => {
    const written = await write(20);
    await redis.xtrim(traceKey, 'MAXLEN', 5);
    await using stream = await listen(path(`&after=${written[15]}`));
    await stream.until((events) => events.length === 4);
    expect(stream.events.map(({ event }) => event)).toEqual(Array(4).fill('step'));
  });

  test('reports a gap beyond the end: it is another stream', async () => {
    const [last = ''] = await write(1);
    await using stream = await listen(path('&after=99999999999999-0'));
    await stream.until((events) => events.at(-1)?.id === last);
    expect(stream.events[0]).toMatchObject({ event: 'gap' });
  });

  test('reports a gap if another stream has passed the position', async () => {
    const [first = ''] = await write(3);
    await redis.del(traceKey); // as after a restart of Redis
    await expect.poll(Date.now).toBeGreaterThan(Number(first.split('-')[0]) + 1); // which takes more than this
    await write(2);
    await using stream = await listen(path(`&after=${first}`));
    await stream.until((events) => events.length === 3);
    expect(stream.events.map(({ event }) => event)).toEqual(['gap', 'step', 'step']);
  });
});

test('uses one connection per instance, and none without listeners', async () => {
  await using instance = await readyInstance({ LAB: 'on' });
  const { url } = instance;
  await expect.poll(listeningConnections).toBe(0);
  const streams = await Promise.all(Array.from({ length: 5 }, () => listen(path(), { url })));
  expect(await listeningConnections()).toBe(1);
  for (const stream of streams) await stream.close();
  await expect.poll(listeningConnections).toBe(0);
  await using again = await listen(path(), { url });
  await write(1);
  await again.until((events) => events.length === 1);
  expect(await listeningConnections()).toBe(1);
});

test('disables buffering and caching of the stream', async () => {
  await using instance = await readyInstance({ LAB: 'on' });
  const { url } = instance;
  await using stream = await listen(path(), { url });
  expect(stream.headers.get('x-accel-buffering')).toBe('no');
  expect(stream.headers.get('cache-control')).toBe('no-store');
  const head = await call('/lab/trace', { url, method: 'HEAD' });
  expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
});

test('a shutdown ends streams cleanly, after the requests in flight', async () => {
  await using instance = await readyInstance({ LAB: 'on', INSTANCE: 'ending', SHUTDOWN_MS: '600000' });
  await using elsewhere = await listen(path());
  await using here = await listen(path(), { url: instance.url });
  await using stuck = await listen(path(), { url: instance.url });
  stuck.pauseFor(new Promise(() => {}));
  const held = await heldRequest(userId, { url: instance.url, headers: traced('in-flight'), before: 'act' });
  await here.until((events) => events.some(({ data }) => data.step === 'decided'));
  const exitCode = instance.shutDown();
  await expect.poll(() => here.state).toBe('ended');
  expect((await held.resume(testStack().url)).body.status).toBe('paid');
  expect(await exitCode).toBe(0);
  expect(await redis.exists('lab:instances:ending')).toBe(0); // unregistered
  await answered(elsewhere, 'in-flight');
  expect(elsewhere.events.map(({ data }) => data.step)).toEqual([
    'arrived',
    'read',
    'decided',
    'charged',
    'written',
    'answered',
  ]);
  expect(elsewhere.events.at(-2)?.data).toMatchObject({ readVersion: 0, overwrote: 0 });
});

test.each([
  ['a trace that is none', 'trace=a%20b', 'trace', 'must be 1 to 64 of letters, digits, ".", "_" and "-"'],
  ['an id that is none', 'after=yesterday', 'after', 'must be the id of an event, such as 1732270000000-3'],
  ['an id twice', 'after=1-1&after=1-2', 'after', 'must be the id of an event, such as 1732270000000-3'],
  ['what is not known', 'since=1-1', 'since', 'is unknown: leave it out'],
])('rejects %s', async (_what, query, field, detail) => {
  const { status, body } = await call(`/lab/trace?${query}`);
  expect([status, body.errors]).toEqual([400, [{ field, detail }]]);
});

test('rejects an invalid last id and methods other than GET', async () => {
  const { status, body } = await call('/lab/trace', { headers: { 'last-event-id': '*' } });
  const detail = 'must be the id of an event, such as 1732270000000-3';
  expect([status, body.errors]).toEqual([400, [{ field: 'Last-Event-ID', detail }]]);
  const { status: posted, headers } = await call('/lab/trace', { method: 'POST' });
  expect([posted, headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
});

test('with the lab off, the header is ignored and the route is absent', async () => {
  await using instance = await readyInstance({ INSTANCE: 'without-a-lab' });
  const { url } = instance;
  const headers = { 'x-lab-trace': 'not a name' };
  expect((await sendPayment('pay', userId, { url, headers })).body.status).toBe('paid');
  for (const place of ['/lab/trace', '/lab/instances', '/lab/locks?users=1']) {
    expect((await call(place, { url })).status, place).toBe(404);
  }
  const traced = (await redis.xrange(traceKey, '-', '+')).filter(([, fields]) =>
    fields.join().includes('without-a-lab'),
  );
  expect(traced).toEqual([]);
  expect(await redis.exists('lab:instances:without-a-lab')).toBe(0);
});
