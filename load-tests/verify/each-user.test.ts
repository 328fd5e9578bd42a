import { expect, test } from 'vitest';
import { checkEachUser } from './each-user.ts';
import type { Operation } from './operation.ts';

const pays = (startMs: number, answers: readonly ('paid' | 'already_paid')[]): Operation[] =>
  answers.map((answer) => ({ call: 'pay', answer, invokedAtMs: startMs, returnedAtMs: startMs + 10 }));

test('checks each user separately, and gives the simplest violation as example', () => {
  const histories = new Map([
    [1, pays(0, ['paid', 'already_paid'])],
    [2, pays(0, ['paid', 'paid', 'already_paid'])],
    [3, pays(0, ['paid', 'paid'])],
    [4, [...pays(0, ['paid']), ...pays(20, ['paid'])]], // one call to show, without its cause
    [5, pays(0, ['paid'])],
  ]);
  expect(checkEachUser(histories)).toMatchObject({ notLinearizable: 3, onlyByUnknown: 0, example: { userId: 3 } });
});

test('gives no example without a violation', () => {
  expect(checkEachUser(new Map([[1, pays(0, ['paid'])]]))).toEqual({ notLinearizable: 0, onlyByUnknown: 0 });
  expect(checkEachUser(new Map())).toEqual({ notLinearizable: 0, onlyByUnknown: 0 });
});

test('counts the users whose answers only a call of unknown outcome explains', () => {
  const cancel: Operation = { call: 'cancel', answer: 'unknown', invokedAtMs: 0, returnedAtMs: 40 };
  const histories = new Map([
    [1, [...pays(0, ['paid']), cancel, ...pays(20, ['paid'])]],
    [2, [...pays(0, ['paid']), cancel, ...pays(20, ['already_paid'])]],
    [3, [...pays(0, ['paid']), ...pays(20, ['paid']), ...pays(40, ['paid']), cancel]],
  ]);
  expect(checkEachUser(histories)).toMatchObject({ notLinearizable: 1, onlyByUnknown: 1 });
});
