import { expect, test } from 'vitest';
import { createTurn } from './exclusive-activity.ts';

test('one takes the turn, the others do not get it, and it is free when all is ended that was begun in it', () => {
  const turn = createTurn();
  const endMove = turn.take('stepper');
  const endCall = turn.take('stepper');
  expect(turn.of.value).toBe('stepper');
  expect([turn.take('stage'), turn.take('load')]).toEqual([undefined, undefined]);
  endMove?.();
  expect(turn.of.value).toBe('stepper');
  endCall?.();
  expect(turn.of.value).toBeUndefined();
  expect(turn.take('load')).toBeDefined();
  expect(turn.of.value).toBe('load');
});
