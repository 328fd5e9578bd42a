import { expect, test } from 'vitest';
import { messageOf, toError } from './thrown.ts';

const { proxy, revoke } = Proxy.revocable({}, {});
revoke();
const unreadable = Object.defineProperty(new Error('hidden'), 'message', {
  get() {
    throw new Error('not to be read');
  },
});
const values: readonly [value: unknown, message: string][] = [
  [new TypeError('why'), 'why'],
  ['text', 'text'],
  [undefined, 'undefined'],
  [null, 'null'],
  [Symbol('odd'), 'Symbol(odd)'],
  [10n, '10'],
  [Object.assign(new Error(), { message: 7 }), '7'],
  [Object.create(null), 'an unreadable value of type object'],
  [proxy, 'an unreadable value of type object'],
  [unreadable, 'an unreadable value of type object'],
  [{ toString: () => ({}) }, 'an unreadable value of type object'],
];

test('describes anything that can be thrown', () => {
  expect(values.map(([value]) => messageOf(value))).toEqual(values.map(([, message]) => message));
});

test('makes an error of anything that can be thrown', () => {
  expect(values.map(([value]) => toError(value).message)).toEqual(values.map(([, message]) => message));
});

test('keeps an error that can be read', () => {
  const error = new RangeError('why');
  expect(toError(error)).toBe(error);
});
