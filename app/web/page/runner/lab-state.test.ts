import { expect, test } from 'vitest';
import { advance, type FakeLab, problem, startFakeLab, untilDone } from './fixtures/fake-lab.ts';
import { watchLab } from './lab-state.ts';

const parts = { status: '/lab/instances', users: '/users?', audit: '/lab/audit', locks: '/lab/locks' } as const;

/** @returns how often each was asked for in the time. */
async function askedIn(lab: FakeLab, ms: number): Promise<Record<keyof typeof parts, number>> {
  const before = lab.asked.length;
  await advance(ms);
  const count = (path: string) => lab.asked.slice(before).filter((one) => one.includes(path)).length;
  const counts = Object.entries(parts).map(([part, path]) => [part, count(path)]);
  return Object.fromEntries(counts);
}

/** Watches the lab until it is known and its first answers are there. */
async function watched(lab = startFakeLab()) {
  const state = watchLab();
  await untilDone(state.known);
  await advance(10);
  return { lab, state };
}

test('polls status and locks every two seconds, users and audit every five', async () => {
  const lab = startFakeLab();
  const state = watchLab();
  expect(state.lab.value).toBe('unknown');
  await untilDone(state.known);
  await advance(10);
  expect(state.lab.value).toBe('on');
  expect(state.users.value).toHaveLength(10);
  expect(state.audit.value?.users).toBe(10);
  expect(await askedIn(lab, 20_000)).toEqual({ status: 10, users: 4, audit: 4, locks: 10 });
});

test('polls only the users while the lab is off', async () => {
  const lab = startFakeLab();
  lab.answer(/^\/lab/, () => problem(404, 'not-found'));
  const { state } = await watched(lab);
  expect([state.lab.value, state.error.value]).toEqual(['off', undefined]);
  expect(state.users.value).toHaveLength(10);
  expect(await askedIn(lab, 10_000)).toMatchObject({ status: 0, users: 2, audit: 0 });
});

test('reports an error until a request succeeds, and keeps the users', async () => {
  const lab = startFakeLab();
  lab.answer(/./, () => problem(503, 'unavailable'));
  const state = watchLab();
  await advance(5000);
  expect(state.lab.value).toBe('unknown');
  expect(state.error.value?.problem).toBe('unavailable');
  lab.answer(/./, undefined);
  await advance(2000);
  expect(state.error.value).toEqual({ problem: 'unreachable' });
  expect(lab.asked.every((one) => one === 'GET /lab/instances')).toBe(true); // nothing else before it is known

  lab.answer(/instances/, () => ({ body: { instances: [] } }));
  lab.answer(/^\/users/, () => ({ body: { users: [{ id: 7 }] } }));
  lab.answer(/audit/, () => ({ body: { users: 1 } }));
  await untilDone(state.known);
  await advance(10);
  expect([state.lab.value, state.error.value, state.status.value]).toEqual(['on', undefined, { instances: [] }]);
  lab.answer(/./, undefined);
  await advance(5000);
  expect([state.users.value, state.audit.value]).toEqual([[{ id: 7 }], { users: 1 }]);
  expect(state.status.value).toEqual({ instances: [] });
  expect(Object.keys(state.stale.value).sort()).toEqual(['audit', 'status', 'users']);
  lab.answer(/instances/, () => ({ body: { instances: [] } }));
  await advance(2000);
  expect(Object.keys(state.stale.value).sort()).toEqual(['audit', 'users']);
});

test('asks nothing while the tab is in the background', async () => {
  const { lab } = await watched();
  lab.tab.hidden = true;
  expect(await askedIn(lab, 10_000)).toEqual({ status: 0, users: 0, audit: 0, locks: 0 });
  lab.tab.hidden = false;
  expect((await askedIn(lab, 5000)).status).toBeGreaterThan(0);
});

test('asks nothing while a run has the connections, and again afterwards', async () => {
  const lab = startFakeLab();
  const state = watchLab();
  await untilDone(state.known);
  await advance(2000);
  expect(state.locks.value?.outcome).toBe('seen');
  await untilDone(state.reserveConnections('nothing'));
  expect(state.locks.value).toBeUndefined();
  expect(await askedIn(lab, 10_000)).toEqual({ status: 0, users: 0, audit: 0, locks: 0 });
  state.resume();
  expect(await askedIn(lab, 10_000)).toEqual({ status: 5, users: 2, audit: 2, locks: 5 });
});

test('polls only the locks of users in a run, and often', async () => {
  const { lab, state } = await watched();
  const end = state.watchLocksOf([3]);
  await untilDone(state.reserveConnections('locks'));
  expect(await askedIn(lab, 4000)).toEqual({ status: 0, users: 0, audit: 0, locks: 10 });
  end();
  expect((await askedIn(lab, 4000)).locks).toBe(1); // it is seen that they are gone
});

test('lets a run wait at most a second for pending requests', async () => {
  const { lab, state } = await watched();
  lab.answer(/instances/, () => new Promise((resolve) => setTimeout(resolve, 2500, { body: {} })));
  await advance(2000);
  const beganAt = performance.now();
  await untilDone(state.reserveConnections('nothing'));
  expect(performance.now() - beganAt).toBe(1000);
  await advance(1000);
  lab.answer(/instances/, () => new Promise((resolve) => setTimeout(resolve, 300, { body: {} })));
  state.resume();
  await advance(2000);
  const againAt = performance.now();
  await untilDone(state.reserveConnections('nothing'));
  expect(performance.now() - againAt).toBeLessThanOrEqual(300);
});

test('shows the users of this tab once it has some', async () => {
  const { state } = await watched(startFakeLab(4));
  expect(state.users.value?.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
  await untilDone(state.own.choose({ count: 1 }));
  await untilDone(state.refresh());
  expect(state.users.value?.map(({ id }) => id)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
});

test.each([
  /^\/users/,
  /^\/(users|lab\/(instances|audit))/, // all but the locks
])('does not say that the lab does not answer while another instance does: not %s', async (unanswered) => {
  const { lab, state } = await watched();
  let tries = 0;
  lab.answer(unanswered, () => {
    tries += 1;
    if (tries % 4 > 0) return new Promise(() => {}); // given up after a while, and sent again
    throw new TypeError('Failed to fetch');
  });
  const seen = new Set<string | undefined>();
  for (let looks = 0; looks < 100; looks++) {
    await advance(100);
    seen.add(state.error.value?.problem);
  }
  expect([...seen].sort()).toEqual(['partly-unreachable', undefined]);
});

test('does not show what was asked before and answered later', async () => {
  const { lab, state } = await watched(startFakeLab(2));
  let tries = 0;
  const later = { ...lab.users[0], version: 7 };
  lab.answer(/^\/users/, () => {
    tries += 1;
    const first = new Promise<{ body: object }>((resolve) => setTimeout(resolve, 1000, { body: { users: lab.users } }));
    return tries === 1 ? first : { body: { users: [later] } };
  });
  const slow = state.refresh();
  await untilDone(state.refresh());
  expect(state.users.value).toEqual([later]);
  await untilDone(slow);
  expect(state.users.value).toEqual([later]);
});
