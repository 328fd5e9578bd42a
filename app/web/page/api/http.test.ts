import { expect, test } from 'vitest';
import { startFakeLab, untilDone } from '../runner/fixtures/fake-lab.ts';
import { ask } from './http.ts';

/** What a frozen instance answers. */
const nothing = () => new Promise<never>(() => {});

test('asks again when there is no answer', async () => {
  const lab = startFakeLab();
  let asked = 0;
  lab.answer(/^\/users/, () => {
    asked += 1;
    return asked < 3 ? nothing() : { body: { users: [] } };
  });
  expect(await untilDone(ask('/users'))).toMatchObject({ outcome: 'ok', body: { users: [] } });
  expect([asked, performance.now()]).toEqual([3, 3000]);
});

test('waits for a slow answer at last, and does not repeat a POST', async () => {
  const lab = startFakeLab();
  lab.answer(/./, () => new Promise((resolve) => setTimeout(resolve, 6000, { body: { slow: true } })));
  expect(await untilDone(ask('/users/7'))).toMatchObject({ body: { slow: true } });
  expect([lab.asked, performance.now()]).toEqual([Array(4).fill('GET /users/7'), 10_500]);
  lab.asked.length = 0;
  expect(await untilDone(ask('/users/7/pay', { post: { amount: 1 } }))).toMatchObject({ body: { slow: true } });
  expect(lab.asked).toEqual(['POST /users/7/pay']);
});

test('gives up at once when the connection is refused', async () => {
  const lab = startFakeLab();
  lab.answer(/./, undefined);
  expect(await ask('/users')).toEqual({ outcome: 'unreachable' });
  expect(lab.asked).toHaveLength(1);
});
