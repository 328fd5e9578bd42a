import { beforeEach } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { resetUsers } from '../client/lab-client.ts';
import { testForBarriers } from './driver/test-for-barriers.ts';

beforeEach(() => resetUsers(testStack().url, 10));

testForBarriers({
  'a lost update': ['/?run=steps&modes=none&moves=AABBBA&seed=1', 'has access and paid nothing', 'play'],
  'two modes side by side': ['/?run=race&modes=none,redis&think=300&seed=2', 'Save as a page', 'play'],
});
