import { expect, test } from 'vitest';
import { readFigures } from '../../state/load/figures.ts';
import { loadConnections } from '../../state/load/limits.ts';
import { isWhole } from '../../state/tally.ts';
import { keepInBrowser } from '../browser/browser-storage.ts';
import { advance, problem, startFakeLab, untilDone } from '../fixtures/fake-lab.ts';
import { openPage } from '../fixtures/open-page.ts';

test('pays and cancels for four users, one call on each connection, for five seconds', async () => {
  const { load, activity, fake: lab } = await openPage();
  const beganAt = performance.now();
  const running = load.run('redis', 1);
  await advance(1010);
  expect([load.busy.value, activity.current.value]).toEqual([true, 'load']);
  expect(load.last.value).toMatchObject({ mode: 'redis', isOver: false, secondsLeft: 4 });
  const { tally } = load.last.value ?? {};
  const answered = Object.values(tally?.answers ?? {}).reduce((sum, one) => sum + one, 0);
  expect((tally?.sent ?? 0) - answered).toBeLessThanOrEqual(loadConnections);
  await untilDone(running);

  const last = load.last.value;
  expect(performance.now() - beganAt).toBeGreaterThanOrEqual(5000);
  expect(last).toMatchObject({ isOver: true, secondsLeft: 0, inconsistent: [] });
  expect(last?.tally.sent).toBe(lab.sent.length);
  expect(last?.tally.sent).toBeGreaterThanOrEqual(20);
  expect(last && isWhole(last.tally)).toBe(true);
  expect(last?.tally.staleWrites).toBe(0);
  const paths = new Set(lab.sent.map(({ path }) => path));
  expect(paths).toEqual(new Set(last?.users.flatMap(({ id }) => [`/users/${id}/pay`, `/users/${id}/cancel`])));
  expect(new Set(lab.sent.map(({ headers }) => headers.get('X-Request-Id'))).size).toBe(lab.sent.length);
  expect([load.busy.value, activity.current.value]).toEqual([false, undefined]);
});

test('counts lost updates, and names inconsistent users', async () => {
  const { load, fake: lab } = await openPage();
  const running = load.run('none', 1);
  await advance(4900);
  expect(load.last.value?.tally.staleWrites).toBeGreaterThan(0);
  lab.answer(/^\/users\?/, () => ({ body: { users: lab.users.map((user) => ({ ...user, paid: true, balance: 0 })) } }));
  await untilDone(running);
  expect(load.last.value?.inconsistent).toHaveLength(4);
});

test('asks for nothing but its users meanwhile, and goes on asking afterwards', async () => {
  const { load, fake: lab } = await openPage();
  const running = load.run('redis', 1);
  await advance(100);
  const before = lab.asked.length;
  await advance(4500);
  const asked = new Set(lab.asked.slice(before).filter((one) => one.startsWith('GET')));
  expect(asked).toEqual(new Set(['GET /users?after=10&limit=4']));
  await untilDone(running);
  await advance(2000);
  expect(lab.asked.slice(before)).toContain('GET /lab/instances');
});

test('does not know who was inconsistent when the users cannot be read', async () => {
  const { load, fake: lab } = await openPage();
  const running = load.run('redis', 1);
  await advance(100);
  lab.answer(/^\/users\?/, undefined);
  await untilDone(running);
  expect(load.last.value).toMatchObject({ isOver: true, inconsistent: undefined });
});

test('ends without a trace, whose tally is then not whole', async () => {
  const lab = startFakeLab();
  lab.answer(/trace/, undefined);
  const { load } = await openPage(lab);
  await untilDone(load.run('redis', 1));
  expect(load.last.value).toMatchObject({ isOver: true, tally: { traced: { ended: 0 } } });
  expect(load.last.value && isWhole(load.last.value.tally)).toBe(false);
});

test('sends at most two requests per second and connection without answers', async () => {
  const { load, fake: lab } = await openPage();
  lab.answer(/(pay|cancel)$/, undefined);
  await untilDone(load.run('redis', 1));
  expect(load.last.value?.tally).toMatchObject({ sent: 40, answers: { unreachable: 40 } });
});

test('says why it cannot begin, and does nothing during another activity', async () => {
  const { load, activity, fake: lab } = await openPage();
  lab.answer(/^\/lab\/users/, () => problem(507, 'user-ids-used-up'));
  await untilDone(load.run('none', 1));
  expect([load.refusal.value, load.last.value, activity.current.value]).toEqual([
    'No users could be made: as the lab puts it: user-ids-used-up',
    undefined,
    undefined,
  ]);
  const end = activity.begin('stage');
  const before = lab.asked.length;
  await load.run('none', 1);
  expect(lab.asked.length).toBe(before);
  end?.();
});

test('records each request, and keeps the figures for the next visit', async () => {
  const { load } = await openPage();
  await untilDone(load.run('none', 1));
  const { record, tally } = load.last.value ?? {};
  expect(record?.requests.map(({ said }) => said)).not.toContain(undefined);
  expect(record?.requests).toHaveLength(tally?.sent ?? 0);
  expect(record?.requests.filter(({ isStale }) => isStale)).toHaveLength(tally?.staleWrites ?? 0);
  expect(new Set(record?.events.map(({ requestId }) => requestId)).size).toBe(tally?.sent);
  const [figures] = load.history.kept.value;
  expect(figures).toMatchObject({
    ...{ mode: 'none', requests: tally?.sent, lostUpdates: tally?.staleWrites },
    ...{ isWhole: true, inconsistent: load.last.value?.inconsistent?.length, instances: 1 },
  });
  expect(keepInBrowser('loads', readFigures).kept.value).toEqual([figures]);
  load.history.clear();
  expect([load.history.kept.value, keepInBrowser('loads', readFigures).kept.value]).toEqual([[], []]);
});

test('runs all modes one after the other, with the same requests for as many users', async () => {
  const { load, activity } = await openPage();
  const running = load.runAll(['redis', 'none'], 1);
  await advance(100);
  expect([load.turn.value, load.last.value?.mode]).toEqual([{ number: 1, of: 2 }, 'redis']);
  await untilDone(running);
  expect([...load.finished.value.keys()]).toEqual(['redis', 'none']);
  expect(load.history.kept.value.map(({ mode }) => mode)).toEqual(['redis', 'none']);
  const kindsOf = (mode: 'redis' | 'none') =>
    load.finished.value
      .get(mode)
      ?.record.requests.slice(0, 10)
      .map(({ kind }) => kind);
  expect(kindsOf('redis')).toEqual(kindsOf('none'));
  expect([load.turn.value, activity.current.value]).toEqual([undefined, undefined]);
});

test('a load that was stopped ends with the last answers, and has no figures', async () => {
  const { load } = await openPage();
  const running = load.runAll(['redis', 'none'], 1);
  await advance(1000);
  load.stop();
  await untilDone(running);
  expect(load.last.value).toMatchObject({ mode: 'redis', isOver: true, isStopped: true, secondsLeft: 0 });
  expect(load.last.value?.record.requests.every(({ said }) => said !== undefined)).toBe(true);
  expect([[...load.finished.value.keys()], load.history.kept.value]).toEqual([['redis'], []]);
  await untilDone(load.run('none', 1));
  expect(load.last.value).toMatchObject({ mode: 'none', isStopped: false });
});
