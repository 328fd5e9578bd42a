import { expect, test } from 'vitest';
import { repositoryRoot } from '../stack/repository.ts';
import { testsWithoutServers } from './tests-without-servers.ts';

const chosen = testsWithoutServers(repositoryRoot);

test('tests of rules and pictures need no server', () => {
  expect(chosen).toEqual(expect.arrayContaining(['app/payments/decide.test.ts', 'app/redis-lock/tests/lease.test.ts']));
});

test.each([
  ['uses the stack', 'app/payments/routes.test.ts'],
  ['uses it through others', 'app/lock-modes/contract.test.ts'],
  ['opens a browser', 'load-tests/page/race.test.ts'],
  ['starts a process', 'load-tests/stack/stack.test.ts'],
])('one that %s does', (_why, file) => {
  expect(chosen).not.toContain(file);
});
