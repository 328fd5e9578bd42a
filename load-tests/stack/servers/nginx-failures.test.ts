import type { RequestListener } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { call } from '../../../app/testing/client.ts';
import { freePort } from '../../../app/testing/free-port.ts';
import { startLocalServer } from '../../../app/testing/local-server.ts';
import { findPrograms } from '../install/programs.ts';
import { type Keeper, startKeeper } from '../processes/keeper.ts';
import { type NginxServer, startNginx } from './nginx.ts';

// Instances that the test plays itself: how nginx distinguishes a request that was never begun from one that may have been.
let keeper: Keeper;
let nginx: NginxServer | undefined;
beforeAll(async () => {
  keeper = await startKeeper();
});
afterAll(() => keeper?.end());
beforeEach(() => async () => {
  await nginx?.stop();
});

const answering: RequestListener = (req, res) => {
  req.resume().once('end', () => res.setHeader('Content-Type', 'application/json').end('{"status":"paid"}'));
};

/** Starts nginx in front of these; undefined: no process listens there. @returns how often each was asked. */
async function inFrontOf(...instances: readonly (RequestListener | undefined)[]): Promise<number[]> {
  const asked = instances.map(() => 0);
  const upstreams = instances.map(async (listener, index) => {
    if (!listener) return `127.0.0.1:${await freePort()}`;
    const server = await startLocalServer((req, res) => {
      asked[index] = (asked[index] ?? 0) + 1;
      listener(req, res);
    });
    onTestFinished(() => server[Symbol.asyncDispose]());
    return new URL(server.url).host;
  });
  nginx = await startNginx(findPrograms().nginx ?? 'nginx', keeper, { upstreams: await Promise.all(upstreams) });
  return asked;
}

/** Reads a request and breaks the connection. */
const dying: RequestListener = (req) => void req.resume().once('end', () => req.socket.destroy());
/** Refuses what the proxy can send elsewhere, as an instance that shuts down. */
const draining: RequestListener = (req, res) => {
  res.statusCode = req.headers['x-elsewhere-on'] === '429' ? 429 : 500;
  res.setHeader('Connection', 'close').end();
};

const pay = () => call('/users/1/pay', { url: nginx?.url ?? '', json: { amount: 4900 } });

test('a POST that an instance refuses as it shuts down goes to another, and that one gets no more', async () => {
  const asked = await inFrontOf(draining, answering);
  const from = performance.now();
  for (let tries = 0; tries < 10; tries++) expect(await pay()).toMatchObject({ status: 200, body: { status: 'paid' } });
  // Left out for a second at a time.
  expect(asked[0]).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - from) / 1000));
  expect(asked[1]).toBe(10);
});

test('a POST that no instance could be sent is answered 503: nothing was done', async () => {
  await inFrontOf(undefined, undefined);
  for (let tries = 0; tries < 3; tries++) {
    const { status, headers, body } = await pay();
    expect([status, body.type, headers.get('retry-after')]).toEqual([503, '/problems/unavailable', '1']);
    expect(body.detail).toContain('Nothing was done');
  }
});

test('a POST that one instance could not be sent goes to another', async () => {
  const asked = await inFrontOf(undefined, answering);
  for (let tries = 0; tries < 4; tries++) expect((await pay()).status).toBe(200);
  expect(asked[1]).toBe(4);
});

test('a POST whose instance goes away is sent to no other, and answered 502: it is unknown', async () => {
  const asked = await inFrontOf(dying, dying);
  const { status, body } = await pay();
  expect([status, body.type]).toEqual([502, '/problems/bad-gateway']);
  expect(body.detail).toContain('unknown');
  expect(asked.toSorted()).toEqual([0, 1]);
});

// nginx takes turns, and begins with the first.
test('a POST that is sent at the second try only, and breaks, is answered 502 as well', async () => {
  await inFrontOf(undefined, dying);
  expect((await pay()).body.type).toBe('/problems/bad-gateway');
});

test('a POST that one instance refuses as it shuts down, and another is not there for, goes to the third', async () => {
  const asked = await inFrontOf(draining, undefined, answering);
  expect((await pay()).status).toBe(200);
  expect(asked).toEqual([1, 0, 1]);
});
