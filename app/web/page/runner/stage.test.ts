import { expect, test } from 'vitest';
import type { User } from '../../../payments/users.ts';
import { judge } from '../narrative/verdict.ts';
import { firstRace, type Settings } from '../state/settings.ts';
import { advance, startFakeLab, untilDone } from './fixtures/fake-lab.ts';
import { openPage } from './fixtures/open-page.ts';

const race: Settings = { ...firstRace, thinkMs: 300 };

test('runs the race with mode and times, and reads the user afterwards', async () => {
  const { stage, activity, fake: lab } = await openPage();
  const running = stage.run(race);
  expect([stage.busy.value, activity.current.value]).toEqual([true, 'stage']);
  await advance(10);
  expect(stage.runs.value).toMatchObject([{ mode: 'none', state: 'running' }]);
  await untilDone(running);

  const [run] = stage.runs.value;
  expect(run).toMatchObject({ state: 'done', after: { paid: true, balance: 0, version: 2 } });
  expect(run?.calls).toMatchObject([
    { name: 'A', sentMs: 0, answer: { outcome: 'answered', status: 'paid', instance: 'app-1' } },
    { name: 'B', sentMs: 100, answer: { outcome: 'answered', status: 'cancelled' } },
  ]);
  expect(run?.events.filter(({ step }) => step === 'answered').map(({ kind }) => kind)).toEqual(['cancel', 'pay']);
  expect(run && judge(run).kind).toBe('inconsistent');
  const headers = lab.sent.map((one) =>
    ['X-Lock-Mode', 'X-Gateway-Ms', 'X-Lab-Steps'].map((name) => one.headers.get(name)),
  );
  expect(headers).toEqual([
    ['none', '300', null],
    ['none', '75', null],
  ]);
  expect(new Set(lab.sent.map((one) => one.headers.get('X-Lab-Trace'))).size).toBe(1);
  expect([stage.busy.value, activity.current.value]).toEqual([false, undefined]);
});

test('polls only the locks during a race, and everything afterwards', async () => {
  const { stage, fake: lab } = await openPage();
  const running = stage.run({ ...race, thinkMs: 5000 });
  await advance(100);
  const before = lab.asked.length;
  await advance(4000);
  const asked = lab.asked.slice(before).filter((one) => one.startsWith('GET'));
  expect(asked.length).toBeGreaterThan(5);
  expect(asked.every((one) => one.startsWith('GET /lab/locks'))).toBe(true);
  await untilDone(running);
  await advance(10);
  expect(lab.asked.slice(-2)).toEqual(['GET /users?after=10&limit=10', 'GET /lab/audit']);
  const ended = lab.asked.length;
  await advance(4000);
  expect(lab.asked.slice(ended).filter((one) => one.startsWith('GET /lab/locks')).length).toBeLessThanOrEqual(3);
});

test('makes a user unpaid before a race, but not before a single call', async () => {
  const lab = startFakeLab(1);
  const [user] = lab.users as [User];
  const page = await openPage(lab);
  Object.assign(user, { paid: true, balance: 4900 });
  await untilDone(page.stage.run({ ...race, scenario: 'pay', userId: 1 }));
  expect(lab.sent.map(({ path }) => path)).toEqual(['/users/1/pay']);
  lab.sent.length = 0;
  await untilDone(page.stage.run({ ...race, userId: 1 }));
  expect(lab.sent.map(({ path }) => path)).toEqual(['/users/1/cancel', '/users/1/pay', '/users/1/cancel']);
  expect(page.stage.runs.value[0]?.user).toMatchObject({ paid: false, balance: 0 });
});

test('runs two modes side by side on different users', async () => {
  const { stage, fake: lab } = await openPage();
  await untilDone(stage.run({ ...race, modes: ['none', 'redis'] }));
  const [none, redis] = stage.runs.value;
  expect([none?.mode, redis?.mode]).toEqual(['none', 'redis']);
  expect(none?.user.id).not.toBe(redis?.user.id);
  expect([none && judge(none).kind, redis && judge(redis).kind]).toEqual(['inconsistent', 'held']);
  expect(lab.sent.map(({ path }) => path.split('/')[3])).toEqual(['pay', 'pay', 'cancel', 'cancel']);
  expect(new Set([...(none?.events ?? []), ...(redis?.events ?? [])].map(({ userId }) => userId)).size).toBe(2);
  expect(none?.events.every(({ userId }) => userId === none.user.id)).toBe(true);
});

test('runs two storms one after the other', async () => {
  const { stage, fake: lab } = await openPage();
  const running = stage.run({ ...race, scenario: 'storm', modes: ['none', 'version'] });
  await advance(50);
  expect(stage.runs.value.map(({ state }) => state)).toEqual(['running', 'preparing']);
  const before = lab.asked.length;
  await advance(100);
  expect(lab.asked.slice(before)).toEqual([]); // not even for the locks
  await untilDone(running);
  expect(lab.sent.map(({ headers }) => headers.get('X-Lock-Mode'))).toEqual([
    ...Array(5).fill('none'),
    ...Array(5).fill('version'),
  ]);
  expect(stage.runs.value.map(({ state }) => state)).toEqual(['done', 'done']);
});

test('runs one more mode beside a run that is over, and leaves that as it is', async () => {
  const { stage, fake: lab } = await openPage();
  await untilDone(stage.run(race));
  const [first] = stage.runs.value;
  lab.sent.length = 0;
  await untilDone(stage.run({ ...race, modes: ['none', 'redis'] }, stage.runs.value));
  const [none, redis] = stage.runs.value;
  expect(none).toBe(first);
  expect([redis?.mode, redis && judge(redis).kind]).toEqual(['redis', 'held']);
  expect(redis?.user).toEqual({ ...first?.user, id: redis?.user.id, name: redis?.user.name });
  expect(lab.sent.map(({ headers }) => headers.get('X-Lock-Mode'))).toEqual(['redis', 'redis']);
});

test('says why it cannot begin, and ends its activity', async () => {
  const lab = startFakeLab(1);
  const { stage, activity } = await openPage(lab);
  await untilDone(stage.run({ ...race, userId: 99 }));
  expect([stage.refusal.value, activity.current.value]).toEqual([
    'User 99 could not be read. Choose another.',
    undefined,
  ]);
  expect([stage.runs.value, lab.sent]).toEqual([[], []]);
  await untilDone(stage.run(race));
  expect([stage.refusal.value, stage.runs.value.length]).toEqual([undefined, 1]);
});

test('does nothing while another activity is in progress', async () => {
  const { stage, activity } = await openPage();
  const end = activity.begin('load');
  await untilDone(stage.run(race));
  expect([stage.runs.value, stage.settings.value]).toEqual([[], undefined]);
  end?.();
  const running = stage.run(race);
  await untilDone(stage.run({ ...race, modes: ['redis'] }));
  await untilDone(running);
  expect(stage.runs.value.map(({ mode }) => mode)).toEqual(['none']);
});

test('begins without an event stream after three seconds', async () => {
  const lab = startFakeLab();
  lab.answer(/trace/, undefined);
  const { stage, stream } = await openPage(lab);
  const running = stage.run(race);
  await advance(2900);
  expect(lab.sent).toEqual([]);
  await untilDone(running);
  expect(stream.value).toBe('connecting');
  expect(stage.runs.value).toMatchObject([{ state: 'done', events: [], after: { paid: true } }]);
  expect(lab.streams.length).toBeGreaterThan(1); // it is opened anew each second
});

test('adds late events to a run, and none of other requests', async () => {
  const { stage, fake: lab } = await openPage();
  await untilDone(stage.run({ ...race, scenario: 'pay' }));
  const [run] = stage.runs.value;
  const seen = run?.events.length ?? 0;
  const send = (id: string, requestId: string | undefined) =>
    lab.streams[0]?.listeners.get('step')?.({ data: JSON.stringify({ id, requestId, step: 'released' }) });
  send('2-1', 'another');
  send('2-2', run?.calls[0]?.requestId);
  send('2-2', run?.calls[0]?.requestId); // brought twice, as after a break
  expect(stage.runs.value[0]?.events).toHaveLength(seen + 1);
});

test('ends although neither calls nor users are answered', async () => {
  const { stage, fake: lab } = await openPage();
  lab.answer(/^\/users\/\d+/, undefined);
  await untilDone(stage.run(race));
  const [run] = stage.runs.value;
  expect(run?.calls.map(({ answer }) => answer?.outcome)).toEqual(['unreachable', 'unreachable']);
  expect([run?.state, run?.after]).toEqual(['done', undefined]);
});
