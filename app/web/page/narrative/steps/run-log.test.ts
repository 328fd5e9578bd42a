import { expect, test } from 'vitest';
import { event, lostUpdate } from '../../fixtures/runs.ts';
import { describeEvents } from './run-log.ts';

test('logs the lost update step by step, and marks the stale write', () => {
  const lines = describeEvents(lostUpdate.toReversed());
  expect(lines.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    'pay read v0 (unpaid), nothing open',
    'pay decided to charge 49.00',
    'cancel read v0 (unpaid), open: 49.00 (charge 61)',
    'cancel decided to refund the open charges',
    'cancel got the refund of charge 61 confirmed',
    'cancel wrote v1 (unpaid), decided on v0',
    'cancel was answered 200: cancelled',
    'pay got charge 61 of 49.00 confirmed',
    'pay wrote v2 (paid), decided on v0',
    'pay was answered 200: paid',
  ]);
  expect(lines.filter(({ tone }) => tone === 'bad').map(({ text }) => text)).toEqual([
    'wrote v2 (paid), decided on v0',
  ]);
  expect(lines.map(({ ms }) => ms)).toEqual([2, 2, 502, 502, 880, 882, 883, 1503, 1505, 1506]);
});

test('logs requests that are blocked, admitted or refused', () => {
  const lines = describeEvents([
    event('pay', 'waiting', 0, { key: 'PAYMENT_7_4900' }),
    event('pay', 'granted', 1, { tookMs: 1, key: 'PAYMENT_7_4900' }),
    event('cancel', 'waiting', 2, { key: 'PAYMENT_7_4900' }),
    event('pay', 'refused', 3, { mode: 'version', paid: true, readVersion: 4 }),
    event('pay', 'released', 4),
    event('cancel', 'granted', 5, { tookMs: 30.4 }),
    event('cancel', 'read', 6, { saw: null }),
    event('cancel', 'refunded', 7, { gateway: 'refused' }),
    event('cancel', 'answered', 8, { outcome: 'lock-busy' }),
  ]);
  expect(lines.map(({ text, tone }) => [text, tone])).toEqual([
    ['requested lock PAYMENT_7_4900', 'blocked'],
    ['acquired lock PAYMENT_7_4900 after 1 ms', 'fine'],
    ['requested lock PAYMENT_7_4900', 'blocked'],
    ['was refused its write of paid: v4 is stale. Nothing is lost', 'blocked'],
    ['acquired the lock after 30 ms', 'fine'],
    ['found no user 7', 'fine'],
    ['was refused the refund of a charge: already refunded', 'fine'],
    ['was answered: timed out waiting for the lock, nothing changed', 'fine'],
  ]);
});

test('does not claim what a write overwrote where the trace does not show it', () => {
  const [line] = describeEvents([event('pay', 'written', 3, { paid: true, readVersion: 4 })]);
  expect(line).toMatchObject({ text: 'wrote paid; the trace does not show what it overwrote' });
});

test('has no lines without events', () => {
  expect(describeEvents([])).toEqual([]);
});
