import { expect, test } from 'vitest';
import { tellStory } from './story.ts';

test('tells who read what and whose write was lost, in order and with the times between', () => {
  const at = (us: number) => `2026-01-01T00:00:00.${String(us).padStart(6, '0')}Z`;
  const story = tellStory({
    userId: 7,
    wrong: 'accessWithoutPaying',
    what: 'User 7 has access and paid nothing',
    requests: [
      {
        requestId: 'r-1',
        instance: 'app-1',
        command: 'pay',
        steps: [
          { at: at(1000), did: 'charged', chargeId: 3, amount: 4900 },
          { at: at(31_500), did: 'wrote', paid: true, readVersion: 4, overwroteVersion: 5, overwrote: 'r-2' },
        ],
      },
      {
        requestId: 'r-2',
        instance: 'app-2',
        command: 'cancel',
        steps: [
          { at: at(2250), did: 'refunded', chargeId: 3, amount: 4900 },
          { at: at(21_000), did: 'wrote', paid: false, readVersion: 4, overwroteVersion: 4 },
        ],
      },
    ],
  });
  expect(story).toEqual([
    'User 7 has access and paid nothing:',
    '  A = pay on app-1 (read version 4), request r-1',
    '  B = cancel on app-2 (read version 4), request r-2',
    '     0.0 ms  A charges 4900 (charge 3)',
    '     1.3 ms  B refunds charge 3',
    '    20.0 ms  B writes free over version 4, which it had read',
    '    30.5 ms  A writes paid over version 5, having read version 4: the write of B is lost',
  ]);
});
