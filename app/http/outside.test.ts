import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenInstance, openInstance } from '../testing/instance.ts';
import { requestText, sendRaw } from '../testing/raw-request.ts';
import { testStack } from '../testing/stack.ts';

let withLab: OpenInstance;
let withoutLab: OpenInstance;
beforeAll(async () => {
  withLab = await openInstance({ LAB: 'on', LAB_HOSTS: 'lab.example.org' });
  withoutLab = await openInstance({ LAB: 'off' });
});
afterAll(async () => {
  for (const instance of [withLab, withoutLab]) await instance?.[Symbol.asyncDispose]();
});

/** Sends through nginx. */
const outside = (method: string, target: string, headers?: Record<string, string>) =>
  sendRaw(testStack().url, requestText(method, target, headers));
const direct = ({ url }: OpenInstance, method: string, target: string, headers?: Record<string, string>) =>
  sendRaw(url, requestText(method, target, headers));

describe('no path leads to /metrics from outside', () => {
  test.each([
    ...['/metrics', '/metrics/', '/METRICS', '//metrics', '/./metrics', '/%6detrics', '/metrics?', '/metrics#'],
    ...[
      '/metrics\\#',
      '/metrics\\?#',
      '/metrics\\',
      '/metrics/\\',
      '\\metrics',
      '/\\metrics',
      '/metrics%5c',
      '/metrics%5C#',
    ],
    ...[
      'http://localhost/metrics',
      'http://localhost/metrics\\#',
      'http://localhost\\metrics',
      '/users/..\\metrics\\#',
    ],
  ])('%s', async (target) => {
    const { status, body } = await outside('GET', target);
    expect([400, 404]).toContain(status);
    expect(body).not.toContain('# HELP');
    expect(JSON.parse(body)).toMatchObject({ status, requestId: expect.any(String) });
  });

  test('an instance refuses what a proxy has passed on', async () => {
    expect((await direct(withoutLab, 'GET', '/metrics')).status).toBe(200);
    expect((await direct(withoutLab, 'GET', '/metrics', { 'X-Forwarded-For': '192.0.2.1' })).status).toBe(404);
  });
});

describe('a page of another site', () => {
  test.each([
    ['POST', '/jobs/prune/run'],
    ['POST', '/lab/steps/any/let-go'],
    ['POST', '/lab/steps/any/release'],
    ['POST', '/lab/reset'],
    ['POST', '/users/1/pay'],
  ])('cannot %s %s', async (method, path) => {
    for (const headers of [
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site', Origin: 'http://localhost:3001' },
      { Origin: 'http://evil.example' },
      { Origin: 'null' },
    ]) {
      const { status, body } = await direct(withLab, method, path, headers as Record<string, string>);
      expect([status, JSON.parse(body).type]).toEqual([403, '/problems/cross-site']);
    }
  });

  test('the page of the lab, and clients that are no browsers, can', async () => {
    for (const headers of [{}, { 'Sec-Fetch-Site': 'same-origin', Origin: 'http://localhost:8080' }]) {
      expect((await outside('POST', '/lab/steps/any/let-go', headers as Record<string, string>)).status).toBe(200);
    }
  });

  test('cannot reach the lab by a name of its own', async () => {
    for (const host of ['rebind.test', 'rebind.test:8080', 'localhost.evil.example']) {
      const { status, body } = await direct(withLab, 'GET', '/lab/audit', { Host: host });
      expect([status, JSON.parse(body).type]).toEqual([421, '/problems/unknown-host']);
    }
    for (const host of ['127.0.0.1:80', '[::1]:80', 'localhost', 'app.localhost', 'nginx:8080', 'lab.example.org:80']) {
      expect((await direct(withLab, 'GET', '/healthz', { Host: host })).status, host).toBe(200);
    }
    expect((await direct(withoutLab, 'GET', '/healthz', { Host: 'payments.example' })).status).toBe(200);
  });
});

describe('what Node does not parse is answered by a problem with a request id', () => {
  test.each([
    ['an unknown method', 'GETX', '/users', 501, 'not-implemented'],
    ['a byte beyond ASCII in the path', 'GET', '/users/\xe4', 400, 'bad-request'],
  ])('%s', async (_what, method, target, status, type) => {
    for (const url of [testStack().url, withLab.url]) {
      const answer = await sendRaw(url, requestText(method, target, { 'X-Request-Id': 'of-the-client' }));
      expect(answer.status).toBe(status);
      expect(answer.head).toMatch(/^x-request-id: of-the-client\r?$/im);
      expect(JSON.parse(answer.body)).toMatchObject({ type: `/problems/${type}`, status, requestId: 'of-the-client' });
    }
  });

  test('headers that are too large, and a body that breaks its own framing', async () => {
    const large = await direct(withLab, 'GET', '/users', { 'X-Large': 'x'.repeat(70_000) });
    expect([large.status, JSON.parse(large.body).type]).toEqual([431, '/problems/headers-too-large']);
    const chunked = { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' };
    const broken = await sendRaw(withLab.url, `${requestText('POST', '/users/1/pay', chunked)}zz\r\n`);
    expect([broken.status, JSON.parse(broken.body).type]).toEqual([400, '/problems/bad-request']);
    // The handler of a POST without a body begins before its body is found broken.
    const details = [large, broken].map(({ body }) => JSON.parse(body).detail);
    expect(details).toEqual([expect.stringContaining('Nothing was done.'), expect.not.stringContaining('Nothing')]);
  });
});

test('a request whose body breaks after its answer gets no second one', async () => {
  const { hostname, port } = new URL(withLab.url);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.on('data', (chunk) => (received += chunk));
  const chunked = { Host: 'localhost', 'Transfer-Encoding': 'chunked' };
  socket.write(requestText('POST', '/healthz', { ...chunked, Connection: 'keep-alive' }));
  await expect.poll(() => received).toMatch(/\r\n\r\n\{.*\}$/s);
  socket.write('zz\r\n');
  await once(socket, 'close');
  expect(received.match(/HTTP\/1.1 \d+/g)).toHaveLength(1);
});

test('answers are not kept by caches', async () => {
  for (const path of ['/users', '/users/4294967295', '/jobs', '/lab/audit', '/healthz', '/openapi.json']) {
    expect((await direct(withLab, 'GET', path)).head, path).toMatch(/^cache-control: no-store\r?$/im);
  }
});
