import { describe, expect, test } from 'vitest';
import { ProblemError } from './problem.ts';
import { paymentBody, userPath, usersPage, valid } from './validation.ts';

/** @returns the field errors that `work` throws. */
function errorsOf(work: () => unknown) {
  try {
    work();
  } catch (error) {
    if (error instanceof ProblemError) return error.options.errors;
    throw error;
  }
  return [];
}

describe('an amount', () => {
  test.each([1, 4900, 99_999_999])('can be %d', (amount) => {
    expect(valid(paymentBody, { amount }, 'body')).toEqual({ amount });
  });
  test.each([0, -1, 0.5, 4900.01, 100_000_000, 1e30, Number.NaN, '4900', null, true, [], {}])(
    'cannot be %j',
    (amount) => {
      expect(errorsOf(() => valid(paymentBody, { amount }, 'body'))).toEqual([
        { field: 'amount', detail: 'must be a whole number from 1 to 99999999, in minor units' },
      ]);
    },
  );
});

describe('a body', () => {
  test.each([undefined, null, [], 'text', 7])('cannot be %j', (body) => {
    expect(errorsOf(() => valid(paymentBody, body, 'body'))).toEqual([
      { field: 'body', detail: 'must be a JSON object such as {"amount": 4900}' },
    ]);
  });
  test('cannot have an unknown field', () => {
    expect(errorsOf(() => valid(paymentBody, { amount: 1, currency: 'EUR' }, 'body'))).toEqual([
      { field: 'currency', detail: 'is unknown: leave it out' },
    ]);
  });
});

describe('an id', () => {
  test.each(['1', '7', '4294967295'])('can be %s', (id) => {
    expect(valid(userPath, { id }, 'path')).toEqual({ id: Number(id) });
  });
  test.each(['0', '-1', '1.5', '007', 'abc', '1e3', ' 1', '4294967296', '99999999999999999999'])(
    'cannot be %s',
    (id) => {
      expect(errorsOf(() => valid(userPath, { id }, 'path'))).toEqual([
        { field: 'id', detail: 'must be a whole number from 1 to 4294967295' },
      ]);
    },
  );
});

test('names each invalid parameter of a page of users', () => {
  const errors = errorsOf(() => valid(usersPage, { limit: '0', after: 'x' }, 'query'));
  expect(errors?.map(({ field }) => field)).toEqual(['limit', 'after']);
});
