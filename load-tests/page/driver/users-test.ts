import type { User } from '../../../app/payments/users.ts';
import { testStack } from '../../../app/testing/stack.ts';
import { resetUsers } from '../../client/lab-client.ts';
import { test as base } from '../../testing/browser/page-test.ts';

/** A test that visits pages of ten new users. */
export const test = base.extend(
  'users',
  { auto: true },
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what it has to make first
  ({}): Promise<readonly User[]> => resetUsers(testStack().url, 10),
);
