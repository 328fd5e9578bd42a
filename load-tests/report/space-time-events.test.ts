import { expect, test } from 'vitest';
import type { InconsistentUser } from '../verify/audit.ts';
import { accessWithoutPaying } from './fixtures.ts';
import { orderInconsistency } from './inconsistency.ts';
import { placeEvents } from './space-time-events.ts';

const inLines = (user: InconsistentUser) => {
  const { events, lost } = placeEvents(orderInconsistency(user));
  return { events: events.map(({ name, ms, label }) => `${ms.toFixed(1)} ${name} ${label}`), lost };
};

test('places a read before its request acts, and names a lost update’s read, write and victim', () => {
  expect(inLines(accessWithoutPaying)).toEqual({
    events: [
      '0.0 A reads version 4',
      '0.0 A charges 4900 (charge 3)',
      '1.3 B reads version 4',
      '1.3 B refunds charge 3',
      '20.0 B writes unpaid: version 5',
      '30.5 A writes paid: version 6, having read 4',
    ],
    lost: [{ read: 0, write: 5, destroyed: 4 }],
  });
});

const at = (ms: number) => `2026-01-01T00:00:00.${String(ms).padStart(3, '0')}000Z`;
const wrote = (ms: number, readVersion: number, overwroteVersion: number) =>
  ({ at: at(ms), did: 'wrote', paid: true, readVersion, overwroteVersion }) as const;

function userWith(...requests: InconsistentUser['requests'][number]['steps'][]): InconsistentUser {
  const shown = requests.map((steps, index) => ({
    requestId: `r-${index}`,
    instance: 'app-1',
    command: 'pay' as const,
    steps,
  }));
  return { userId: 1, wrong: 'chargedTwice', what: 'User 1 is charged twice', requests: shown };
}

test('places a read before the version that it found is overwritten', () => {
  const charged = { at: at(20), did: 'charged', chargeId: 1, amount: 1 } as const;
  expect(inLines(userWith([wrote(10, 1, 1)], [charged, wrote(30, 1, 2)])).events).toEqual([
    '0.0 A reads version 1',
    '0.0 B reads version 1',
    '0.0 A writes paid: version 2',
    '10.0 B charges 1 (charge 1)',
    '20.0 B writes paid: version 3, having read 1',
  ]);
});

test('shows two reads of a request that writes twice', () => {
  expect(inLines(userWith([wrote(0, 1, 1), wrote(20, 2, 2)])).events).toEqual([
    '0.0 A reads version 1',
    '0.0 A writes paid: version 2',
    '20.0 A reads version 2',
    '20.0 A writes paid: version 3',
  ]);
});

test('omits a lost write that is not among the steps', () => {
  expect(inLines(userWith([wrote(0, 1, 2)])).lost).toEqual([{ read: 0, write: 1 }]);
});
