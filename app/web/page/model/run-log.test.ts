import { expect, test } from 'vitest';
import { event, lostUpdate } from './fixtures/runs.ts';
import { describeEvents } from './run-log.ts';

test('the lost update reads like a script, and its last write is marked', () => {
  const lines = describeEvents(lostUpdate.toReversed());
  expect(lines.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    'pay reads “free”, version 0',
    'pay decides to have 49.00 charged',
    'cancel reads “free”, version 0, and a charge of 49.00',
    'cancel decides to have 49.00 refunded',
    'cancel hears that 49.00 is refunded',
    'cancel writes “free” over version 0, which it had read',
    'cancel is answered: cancelled',
    'pay hears that 49.00 is charged',
    'pay writes “paid” over version 1, having read version 0',
    'pay is answered: paid',
  ]);
  expect(lines.filter(({ tone }) => tone === 'bad').map(({ text }) => text)).toEqual([
    'writes “paid” over version 1, having read version 0',
  ]);
  expect(lines.map(({ ms }) => ms)).toEqual([2, 2, 502, 502, 880, 882, 883, 1503, 1505, 1506]);
});

test('who is kept out, let in or refused is told as that', () => {
  const lines = describeEvents([
    event('pay', 'waiting', 0, { key: 'PAYMENT_7_4900' }),
    event('pay', 'granted', 1, { tookMs: 1, key: 'PAYMENT_7_4900' }),
    event('cancel', 'waiting', 2, { key: 'PAYMENT_7_4900' }),
    event('pay', 'refused', 3, { paid: true, readVersion: 4 }),
    event('pay', 'released', 4),
    event('cancel', 'granted', 5, { tookMs: 30.4 }),
    event('cancel', 'read', 6, { saw: null }),
    event('cancel', 'refunded', 7, { gateway: 'refused' }),
    event('cancel', 'answered', 8, { outcome: 'lock-busy' }),
  ]);
  expect(lines.map(({ text, tone }) => [text, tone])).toEqual([
    ['asks for the lock PAYMENT_7_4900', 'blocked'],
    ['has the lock', 'fine'],
    ['asks for the lock PAYMENT_7_4900', 'blocked'],
    ['may not write “paid”: version 4 is not there any more', 'blocked'],
    ['is let in after 30 ms', 'fine'],
    ['finds no such user', 'fine'],
    ['hears that the charge was refunded already', 'fine'],
    ['is answered: lock busy', 'fine'],
  ]);
});

test('of a write that does not say what it overwrote, it is not said that it had read that', () => {
  const [line] = describeEvents([event('pay', 'written', 3, { paid: true, readVersion: 4 })]);
  expect(line).toMatchObject({ text: 'writes “paid”, having read version 4: over what, the trace does not show' });
});

test('nothing is told of nothing', () => {
  expect(describeEvents([])).toEqual([]);
});
