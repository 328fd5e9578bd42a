import { expect, test } from 'vitest';
import { createExclusiveActivity } from './exclusive-activity.ts';

test('one takes the turn, the others do not get it, and it is free when all is ended that was begun in it', () => {
  const activity = createExclusiveActivity();
  const endStep = activity.begin('stepper');
  const endCall = activity.begin('stepper');
  expect(activity.current.value).toBe('stepper');
  expect([activity.begin('stage'), activity.begin('load')]).toEqual([undefined, undefined]);
  endStep?.();
  expect(activity.current.value).toBe('stepper');
  endCall?.();
  expect(activity.current.value).toBeUndefined();
  expect(activity.begin('load')).toBeDefined();
  expect(activity.current.value).toBe('load');
});
