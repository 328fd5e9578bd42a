import { beforeEach } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { resetUsers } from '../client/lab-client.ts';
import { testForBarriers } from './driver/test-for-barriers.ts';

beforeEach(() => resetUsers(testStack().url, 10));

testForBarriers({
  'the first view': ['/', 'Pay and cancel at once'],
  'a stepped race': ['/?run=steps&modes=none&moves=AAB&seed=3', 'about to refund', 'play'],
  'an address that was not played': ['/?run=race&modes=none,redis&user=7', 'Nothing has been sent yet'],
  'an address with mistakes': ['/?run=race&modes=nonsense', 'The address of this page is invalid'],
});
