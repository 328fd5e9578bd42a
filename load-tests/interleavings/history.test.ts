import { expect, test } from 'vitest';
import { isLinearizable, type Operation } from './history.ts';

const call = (call: Operation['call'], answer: string, invokedAtMs: number, returnedAtMs: number): Operation => ({
  call,
  answer,
  invokedAtMs,
  returnedAtMs,
});
const paid = call('pay', 'paid', 0, 1);

test.each<[why: string, history: Operation[]]>([
  ['nothing happened', []],
  ['one after the other', [paid, call('cancel', 'cancelled', 2, 3), call('read', 'free', 4, 5)]],
  ['at once, in the other order', [call('cancel', 'nothing_to_cancel', 0, 9), call('pay', 'paid', 1, 2)]],
  ['an unknown outcome that happened', [call('pay', 'unknown', 0, 1), call('read', 'paid', 2, 3)]],
  ['an unknown outcome that did not', [call('pay', 'unknown', 0, 1), call('read', 'free', 2, 3)]],
  [
    'an unknown outcome that happened late',
    [call('pay', 'unknown', 0, 1), call('read', 'free', 2, 3), call('read', 'paid', 4, 5)],
  ],
])('linearizable: %s', (_why, history) => {
  expect(isLinearizable(history)).toBe(true);
});

test.each<[why: string, history: Operation[]]>([
  ['two pays at once are both paid', [call('pay', 'paid', 0, 9), call('pay', 'paid', 1, 8)]],
  ['two cancels cancel one payment', [paid, call('cancel', 'cancelled', 2, 9), call('cancel', 'cancelled', 3, 8)]],
  ['access after a cancel', [paid, call('cancel', 'cancelled', 0, 3), call('read', 'paid', 4, 5)]],
  ['a read before the pay that it saw', [call('read', 'paid', 0, 1), call('pay', 'paid', 2, 3)]],
  ['an unknown outcome before it was asked for', [call('read', 'paid', 0, 1), call('pay', 'unknown', 2, 3)]],
])('not linearizable: %s', (_why, history) => {
  expect(isLinearizable(history)).toBe(false);
});

test('an answer that no such call has is a mistake in the program', () => {
  expect(() => isLinearizable([call('pay', 'cancelled', 0, 1)])).toThrow('a pay is never answered cancelled');
});
