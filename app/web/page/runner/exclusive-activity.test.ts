import { expect, test } from 'vitest';
import { createExclusiveActivity } from './exclusive-activity.ts';

test('excludes other activities until each begin is ended', () => {
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
