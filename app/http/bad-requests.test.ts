import { beforeEach, describe, expect, test } from 'vitest';
import { lockModeNames } from '../lock-modes/registry.ts';
import { type Call, call, newUser } from '../testing/client.ts';

let id: number;
beforeEach(async () => {
  id = await newUser();
});
/** @param path a path, or the command of a path for the test's user. */
const at = (path: string, request: Call) => call(path.startsWith('/') ? path : `/users/${id}/${path}`, request);

describe('rejects bad input with the field and its constraint, and changes nothing', () => {
  const wrong = (field: string, detail: string) => [400, 'invalid-request', field, detail] as const;
  const wrongAmount = wrong('amount', 'must be a whole number from 1 to 99999999, in minor units');
  const wrongId = wrong('id', 'must be a whole number from 1 to 4294967295');
  const wrongBody = wrong('body', 'must be a JSON object such as {"amount": 4900}');
  const wrongMember = wrong('currency', 'is unknown: leave it out');
  const wrongMode = wrong('X-Lock-Mode', `must be one of ${lockModeNames.join(', ')}`);
  const wrongDelay = wrong('X-Gateway-Ms', 'must be a whole number from 0 to 30000, in milliseconds');
  const wrongJson = [400, 'invalid-json', 'body', 'must be JSON'] as const;
  const wrongType = (detail: string) => [415, 'unsupported-media-type', 'Content-Type', detail] as const;
  const sound = { json: { amount: 1 } };
  const withHeader = (name: string, value: string) => ({ ...sound, headers: { [name]: value } });
  const raw = (text: string, type = 'application/json'): Call => ({
    method: 'POST',
    raw: text,
    headers: { 'content-type': type },
  });
  const charsets = [';charset=utf-16le', ';charset=utf-7', ';charset="UTF-16"', '; charset=latin1'];

  test.each<[what: string, path: string, call: Call, status: number, type: string, field: string, detail: string]>([
    ['amount 0', 'pay', { json: { amount: 0 } }, ...wrongAmount],
    ['a negative amount', 'pay', { json: { amount: -4900 } }, ...wrongAmount],
    ['a fraction', 'pay', { json: { amount: 49.5 } }, ...wrongAmount],
    ['a huge amount', 'pay', { json: { amount: 1e300 } }, ...wrongAmount],
    ['an amount that only rounding makes whole', 'pay', raw('{"amount":0.99999999999999999}'), ...wrongAmount],
    ['an amount in quotes', 'cancel', { json: { amount: '4900' } }, ...wrongAmount],
    ['no amount', 'cancel', { json: {} }, ...wrongAmount],
    ['two amounts', 'pay', raw('{"amount":1,"amount":4900}'), ...wrong('amount', 'must be given once')],
    ['an unknown member', 'pay', { json: { amount: 1, currency: 'EUR' } }, ...wrongMember],
    ['no body', 'pay', { method: 'POST' }, ...wrongBody],
    ['an empty body', 'pay', raw(''), ...wrongBody],
    ['an array', 'pay', { json: [4900] }, ...wrongBody],
    ['null', 'pay', raw('null'), ...wrongBody],
    ['malformed JSON', 'pay', raw('{"amount": 49'), ...wrongJson],
    ['endless nesting', 'pay', raw('['.repeat(16_000)), ...wrongJson],
    ['a form', 'pay', raw('amount=1', 'application/x-www-form-urlencoded'), ...wrongType('must be application/json')],
    ...charsets.map((charset): [string, string, Call, ...ReturnType<typeof wrongType>] => [
      `application/json${charset}`,
      'pay',
      withHeader('content-type', `application/json${charset}`),
      ...wrongType('must be UTF-8'),
    ]),
    ['an unknown mode', 'pay', withHeader('x-lock-mode', 'redsi'), ...wrongMode],
    ['a negative processor delay', 'pay', withHeader('x-gateway-ms', '-5'), ...wrongDelay],
    ['a name as the id', '/users/ada/pay', sound, ...wrongId],
    ['a negative id', '/users/-1/pay', sound, ...wrongId],
    ['id 0', '/users/0/cancel', sound, ...wrongId],
    ['a fraction as the id', '/users/1.5/pay', sound, ...wrongId],
    ['a huge id', '/users/99999999999999999999/pay', sound, ...wrongId],
    ['an unknown user', '/users/4000000000/pay', sound, 404, 'unknown-user', 'id', 'must be the id of a user'],
  ])('%s', async (_what, path, request, status, type, field, detail) => {
    const before = (await call(`/users/${id}`)).body;
    const answer = await at(path, request);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ type: `/problems/${type}`, status, errors: [{ field, detail }] });
    expect(JSON.stringify(answer.body)).not.toMatch(/at \w+ \(|node_modules/);
    expect((await call(`/users/${id}`)).body).toEqual(before);
  });

  test('a body that is too large', async () => {
    const answer = await at('pay', { json: { amount: 1, filler: 'x'.repeat(1_000_000) } });
    expect(answer.status).toBe(413);
    const errors = [{ field: 'body', detail: 'must be 16 KiB at most' }];
    expect(answer.body).toMatchObject({ type: '/problems/too-large', status: 413, errors });
  });

  test('a path and headers too long for nginx', async () => {
    const long = 'x'.repeat(20_000);
    const path = await call(`/${long}`);
    expect([path.status, path.body.type]).toEqual([414, '/problems/path-too-long']);
    const headers = await call('/users', { headers: { 'x-filler': long } });
    expect([headers.status, headers.body.type]).toEqual([431, '/problems/headers-too-large']);
  });

  test.each([
    ['GET', 'pay', 'OPTIONS, POST'],
    ['DELETE', 'cancel', 'OPTIONS, POST'],
    ['PUT', '/users', 'GET, HEAD, OPTIONS'],
    ['POST', '/healthz', 'GET, HEAD, OPTIONS'],
  ])('%s %s is not allowed, and Allow names what is', async (method, path, allow) => {
    const answer = await at(path, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe(allow);
    expect(answer.body.type).toBe('/problems/method-not-allowed');
  });

  test('an unknown path, and one that cannot be decoded', async () => {
    expect((await call('/nowhere')).body).toMatchObject({ type: '/problems/not-found', status: 404 });
    expect((await call('/users/%E0%A4%A/pay')).body).toMatchObject({ type: '/problems/bad-request', status: 400 });
    expect((await call('/users/%ff/pay')).body).toMatchObject({ type: '/problems/bad-request', status: 400 });
  });
});
