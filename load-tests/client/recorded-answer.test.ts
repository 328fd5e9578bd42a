import { describe, expect, test } from 'vitest';
import { isCarriedOut, recordedAnswer } from './recorded-answer.ts';

const problem = (type: string) => JSON.stringify({ type: `/problems/${type}`, title: '…' });

test.each([
  ['pay', 'paid'],
  ['pay', 'already_paid'],
  ['cancel', 'cancelled'],
  ['cancel', 'nothing_to_cancel'],
] as const)('records a %s answered %s as such', (call, answer) => {
  expect(recordedAnswer(call, { status: 200, body: JSON.stringify({ status: answer }) })).toBe(answer);
  expect(isCarriedOut(answer)).toBe(true);
});

test.each(['refused', 'unknown', 'lock-busy', 'stale-write', 'free'])(
  '%s is not an answer of a carried-out request',
  (answer) => {
    expect(isCarriedOut(answer)).toBe(false);
  },
);

test('records a read as the flag it found', () => {
  expect(recordedAnswer('read', { status: 200, body: '{"paid": true}' })).toBe('paid');
  expect(recordedAnswer('read', { status: 200, body: '{"paid": false}' })).toBe('free');
});

describe('records certainly ineffective calls as refused', () => {
  test.each([
    [409, 'lock-busy'],
    [409, 'lease-lost'],
    [503, 'unavailable'],
    [400, 'invalid-request'],
    [404, 'unknown-user'],
    [408, 'request-timeout'],
  ])('%i %s', (status, type) => {
    expect(recordedAnswer('pay', { status, body: problem(type) })).toBe('refused');
  });
});

describe('records possibly effective calls as unknown', () => {
  test.each([
    [409, problem('stale-write')],
    [503, problem('unfinished')],
    [500, problem('internal')],
    [502, problem('bad-gateway')],
    [504, problem('gateway-timeout')],
    [503, '<html>'],
    [409, ''],
  ])('%i %s', (status, body) => {
    expect(recordedAnswer('cancel', { status, body })).toBe('unknown');
  });
});

test.each(['{"status": "cancelled"}', '{}', ''])('rejects an invalid answer to a pay: %j', (body) => {
  expect(() => recordedAnswer('pay', { status: 200, body })).toThrow(/a pay was answered 200/);
});
