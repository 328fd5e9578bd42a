import { expect, test } from 'vitest';
import { describeErrors, type Symptoms } from './errors.ts';

const up = { name: 'app-1', lockMode: 'none', seenMsAgo: 0, state: 'up', inFlight: 0 } as const;
const well: Symptoms = {
  error: undefined,
  status: { redis: 'up', database: 'up', instances: [up] },
  stream: 'open',
  gap: false,
};
const tell = (signs: Partial<Symptoms>) => describeErrors({ ...well, ...signs }).join('\n');

test('while all is well, nothing is said', () => {
  expect(describeErrors(well)).toEqual([]);
  expect(tell({ status: undefined, stream: undefined })).toBe('');
  expect(tell({ stream: 'connecting' })).toBe('');
});

test.each([
  ['unreachable', /^The lab does not answer/],
  ['bad-gateway', /^nginx answers, and no instance behind it does/],
  ['gateway-timeout', /^nginx answers/],
  ['unavailable', /^An instance answers: “as the lab puts it”/],
  ['internal', /MySQL or Redis has failed/],
  ['of-tomorrow', /as the lab puts it/],
])('a question that was answered %s is told in words', (problem, text) => {
  expect(tell({ error: { problem, detail: 'as the lab puts it' } })).toMatch(text);
});

test('a Redis or a MySQL that is down is named, with what it means', () => {
  const { status } = well;
  expect(tell({ status: status && { ...status, redis: 'down' } })).toMatch(
    /^Redis does not answer\..*refused, rather than let in/,
  );
  expect(tell({ status: status && { ...status, database: 'down' } })).toMatch(/^MySQL does not answer/);
});

test.each(['unavailable', 'internal'])(
  'where it is known which server is down, a question that was answered %s is not told beside it',
  (problem) => {
    const down = { redis: 'up', database: 'down', instances: [] } as const;
    expect(tell({ error: { problem }, status: down })).toMatch(/^MySQL does not answer\.[^\n]*$/);
  },
);

test('instances of which nothing is heard are named', () => {
  const silent = ['app-2', 'app-3'].map((name) => ({ ...up, name, state: 'silent' as const }));
  expect(tell({ status: { redis: 'up', database: 'up', instances: [up, ...silent] } })).toMatch(
    /^Nothing is heard of app-2 and app-3\./,
  );
});

test('a stream that is cut, and one with holes, are told', () => {
  expect(tell({ stream: 'reconnecting' })).toMatch(/Reconnecting/);
  expect(tell({ gap: true })).toMatch(/holes/);
});

test('where nobody answers, what was known before is not told as if it were so now', () => {
  const down = { redis: 'down', database: 'down', instances: [] } as const;
  expect(tell({ error: { problem: 'unreachable' }, status: down })).not.toMatch(/Redis/);
});
