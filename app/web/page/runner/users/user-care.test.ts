import { expect, test } from 'vitest';
import { startFakeLab, untilDone } from '../fixtures/fake-lab.ts';
import { openPage } from '../fixtures/open-page.ts';

test('repairs the inconsistent users of this tab alone, by a cancel, and says so', async () => {
  const lab = startFakeLab(2);
  const { care, lab: state, activity } = await openPage(lab);
  await untilDone(Promise.all([care.addFresh(), care.addFresh()]));
  expect([care.report.value, state.users.value?.length]).toEqual([['10 fresh users were added.'], 10]);
  const wrong = { paid: true, balance: 9800, version: 2 };
  for (const id of [1, 3, 5]) Object.assign(lab.users[id - 1] ?? {}, wrong);
  const repairing = care.repair();
  expect(activity.current.value).toBe('repair');
  await untilDone(repairing);
  expect(care.report.value).toEqual([
    'User 3 (3): a cancel refunded 98.00 and removed the access.',
    'User 5 (5): a cancel refunded 98.00 and removed the access.',
  ]);
  expect(lab.sent.map(({ path, headers }) => `${path} ${headers.get('X-Lock-Mode')}`)).toEqual([
    '/users/3/cancel version',
    '/users/5/cancel version',
  ]);
  expect([lab.users[0], activity.current.value]).toMatchObject([wrong, undefined]);
});
