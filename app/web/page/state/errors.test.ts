import { expect, test } from 'vitest';
import { describeErrors, type Symptoms } from './errors.ts';

const up = {
  name: 'app-1',
  lockMode: 'none',
  startedAt: '2026-11-01T12:00:00.000Z',
  seenMsAgo: 0,
  state: 'up',
  inFlight: 0,
} as const;
const well: Symptoms = {
  error: undefined,
  status: { redis: 'up', database: 'up', instances: [up] },
  stream: 'open',
  gap: false,
};
const tell = (signs: Partial<Symptoms>) => describeErrors({ ...well, ...signs }).join('\n');

test('reports nothing while all is well', () => {
  expect(describeErrors(well)).toEqual([]);
  expect(tell({ status: undefined, stream: undefined })).toBe('');
  expect(tell({ stream: 'connecting' })).toBe('');
});

test.each([
  ['unreachable', /^The lab does not answer/],
  ['partly-unreachable', /^Some requests of this page are not answered, others are/],
  ['bad-gateway', /^nginx answers, but no instance behind it does/],
  ['gateway-timeout', /^nginx answers/],
  ['unavailable', /^An instance answers: “as the lab puts it”/],
  ['internal', /MySQL or Redis failed/],
  ['of-tomorrow', /as the lab puts it/],
])('describes a request that failed with %s', (problem, text) => {
  expect(tell({ error: { problem, detail: 'as the lab puts it' } })).toMatch(text);
});

test('names a Redis or MySQL that is down, and what it means', () => {
  const { status } = well;
  expect(tell({ status: status && { ...status, redis: 'down' } })).toMatch(
    /^Redis does not answer\..*refused, never run unguarded/,
  );
  expect(tell({ status: status && { ...status, database: 'down' } })).toMatch(/^MySQL does not answer/);
});

test.each(['unavailable', 'internal'])('does not report %s beside the server that is down', (problem) => {
  const down = { redis: 'up', database: 'down', instances: [] } as const;
  expect(tell({ error: { problem }, status: down })).toMatch(/^MySQL does not answer\.[^\n]*$/);
});

test('names silent instances', () => {
  const silent = ['app-2', 'app-3'].map((name) => ({ ...up, name, state: 'silent' as const }));
  expect(tell({ status: { redis: 'up', database: 'up', instances: [up, ...silent] } })).toMatch(
    /^No heartbeat from app-2 and app-3\./,
  );
});

test('reports a stream that is disconnected or has gaps', () => {
  expect(tell({ stream: 'reconnecting' })).toMatch(/Reconnecting/);
  expect(tell({ gap: true })).toMatch(/gaps/);
});

test('does not report an stale status while the lab does not answer', () => {
  const down = { redis: 'down', database: 'down', instances: [] } as const;
  expect(tell({ error: { problem: 'unreachable' }, status: down })).not.toMatch(/Redis/);
});
