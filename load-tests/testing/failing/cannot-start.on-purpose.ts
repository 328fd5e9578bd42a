import { beforeAll, describe, test } from 'vitest';
import { startKeeper } from '../../stack/processes/keeper.ts';
import { startServer } from '../../stack/servers/server-process.ts';

describe('a server that does not start', () => {
  beforeAll(async () => {
    const keeper = await startKeeper();
    const command = ['sh', '-c', 'echo the reason why; exit 1'] as const;
    await startServer({ name: 'broken', command, probe: () => Promise.reject(new Error('it is not there')) }, keeper);
  });

  test('is never begun', () => {});
});
