import { expect, test } from 'vitest';
import { judge } from '../../narrative/verdict.ts';
import type { LevelId } from '../../state/scheduler/levels.ts';
import { advance, type FakeLab, problem, startFakeLab, untilDone } from '../fixtures/fake-lab.ts';
import { openPage } from '../fixtures/open-page.ts';
import type { Stepper } from './stepper.ts';

/** Opens the page, begins a level and repeats these moves. */
async function begun(level: LevelId, steps = '') {
  const page = await openPage();
  await untilDone(page.stepper.begin(level, 1, steps));
  return page;
}

/** The state of each request, such as `held before write`. */
const statesOf = ({ states }: Stepper) =>
  (['A', 'B'] as const).map((name) => {
    const requestState = states.value[name];
    return requestState.state === 'held' ? `held before ${requestState.before}` : requestState.state;
  });

/** Moves one after the other, without a question. */
async function moves(stepper: Stepper, names: string): Promise<void> {
  for (const name of names) await untilDone(stepper.move(name as 'A' | 'B', false));
}

test('steps through the race, and asks before two moves', async () => {
  const { stepper, fake: lab } = await begun('none');
  expect([stepper.state.value, stepper.steps.value, statesOf(stepper)]).toEqual([
    'ready',
    '',
    ['not sent', 'not sent'],
  ]);
  await untilDone(stepper.move('A', true));
  expect([statesOf(stepper), stepper.outcome.value]).toEqual([
    ['held before act', 'not sent'],
    'The pay read the user. It is about to act.',
  ]);
  await untilDone(stepper.move('A', true));
  expect(statesOf(stepper)).toEqual(['held before write', 'not sent']);

  await stepper.move('B', true);
  expect([stepper.state.value, stepper.question.value?.about, stepper.steps.value]).toEqual([
    'asking',
    'arrival',
    'AA',
  ]);
  await untilDone(stepper.answer('waits'));
  expect(stepper.guess.value).toMatchObject({ chosen: 'waits', actual: 'reads' });
  expect([stepper.state.value, stepper.question.value, stepper.steps.value]).toEqual(['ready', undefined, 'AAB']);
  await untilDone(stepper.move('B', true));
  await untilDone(stepper.move('B', true));
  expect([stepper.guess.value, statesOf(stepper)]).toEqual([undefined, ['held before write', 'ended']]);

  await stepper.move('A', true);
  expect(stepper.question.value?.about).toBe('last-write');
  await untilDone(stepper.answer('overwrites'));
  expect(stepper.guess.value).toMatchObject({ chosen: 'overwrites', actual: 'overwrites' });
  expect([stepper.state.value, stepper.steps.value]).toEqual(['over', 'AABBBA']);
  expect(stepper.run.value).toMatchObject({ state: 'done', after: { paid: true, balance: 0 } });
  expect(stepper.run.value && judge(stepper.run.value).kind).toBe('inconsistent');
  for (const header of ['X-Lab-Hold-Ms', 'X-Lab-Wait-Ms'])
    expect(lab.sent.map(({ headers }) => headers.get(header))).toEqual(['600000', '600000']);
});

test('moves without a guess', async () => {
  const { stepper } = await begun('none', 'AA');
  await stepper.move('B', true);
  await untilDone(stepper.answer(undefined));
  expect([stepper.steps.value, stepper.guess.value, stepper.state.value]).toEqual(['AAB', undefined, 'ready']);
});

test('keeps what came of each order, and plays any of them', async () => {
  const { stepper } = await begun('none');
  await moves(stepper, 'AABBBA');
  expect(stepper.progress.kept.value).toEqual({ none: { AABBBA: 'accessWithoutPaying' } });
  await untilDone(stepper.begin('none', 2, '', 'ABBBAA'));
  expect([stepper.state.value, stepper.steps.value]).toEqual(['over', 'ABAA']);
  const { none = {} } = stepper.progress.kept.value;
  expect(Object.keys(none).filter((order) => none[order] === 'held')).toHaveLength(6); // all that begin with AB
  await untilDone(stepper.begin('redis', 3, '', 'AABBBA'));
  expect([stepper.steps.value, Object.keys(stepper.progress.kept.value.redis ?? {}).sort()]).toEqual([
    'AABABBB',
    ['AABABB', 'AABBAB', 'AABBBA'],
  ]);

  const { stepper: again } = await openPage();
  expect(again.progress.kept.value).toEqual({}); // of another browser
  stepper.progress.clear();
  expect(stepper.progress.kept.value).toEqual({});
});

test('a run that was resumed is the result of no order', async () => {
  const { stepper } = await begun('none', 'AABB');
  await untilDone(stepper.resume());
  expect([stepper.state.value, stepper.progress.kept.value]).toEqual(['over', {}]);
});

test('repeats the steps that it begins with', async () => {
  const { stepper } = await begun('none', 'AABBBA');
  expect([stepper.state.value, stepper.steps.value]).toEqual(['over', 'AABBBA']);
});

test('skips steps of a request that has ended', async () => {
  const { stepper } = await begun('none', 'AAAAB');
  expect([stepper.steps.value, statesOf(stepper)]).toEqual(['AAAB', ['ended', 'held before act']]);
});

test('undoes a step by repeating the others on a fresh user', async () => {
  const { stepper, fake: lab } = await begun('none', 'AAB');
  const former = stepper.run.value?.user.id;
  await untilDone(stepper.undo());
  expect([stepper.steps.value, statesOf(stepper)]).toEqual(['AA', ['held before write', 'not sent']]);
  expect(lab.users.find(({ id }) => id === former)?.version).toBe(2); // both have written
  expect(stepper.run.value?.user).toMatchObject({ paid: false, balance: 0 });
  const ids = stepper.run.value?.events.map(({ requestId }) => requestId) ?? [];
  expect(new Set(ids)).toEqual(new Set([lab.sent.at(-1)?.headers.get('X-Request-Id')]));
});

test('sees the lock block the cancel, and admit it after the pay', async () => {
  const { stepper } = await begun('redis', 'AA');
  await stepper.move('B', true);
  await untilDone(stepper.answer('waits'));
  expect(stepper.guess.value).toMatchObject({ actual: 'waits' });
  expect([stepper.steps.value, statesOf(stepper), stepper.outcome.value]).toEqual([
    'AAB',
    ['held before write', 'blocked'],
    'The cancel is blocked: waiting for the lock. It took no step.',
  ]);
  await stepper.move('A', true);
  expect(stepper.question.value?.about).toBe('blocked-cancel');
  await advance(5000); // as long as a visitor may think
  await untilDone(stepper.answer('admitted'));
  expect(stepper.guess.value).toMatchObject({ actual: 'admitted' });
  expect([stepper.steps.value, statesOf(stepper)]).toEqual(['AABA', ['ended', 'held before read']]);
  await untilDone(stepper.resume());
  expect([stepper.state.value, stepper.run.value && judge(stepper.run.value).kind]).toEqual(['over', 'held']);
});

/** Ends the hold of the first request, as the lab does after ten minutes: it then goes on by itself. */
async function endHold({ sent: [first] }: FakeLab): Promise<void> {
  const [session, requestId] = ['X-Lab-Steps', 'X-Request-Id'].map((name) => first?.headers.get(name));
  await fetch(`/lab/steps/${session}/let-go`, { method: 'POST', body: JSON.stringify({ requestId }) });
  await advance(2000);
}

test('withdraws a question whose premise has gone, and says so', async () => {
  const { stepper, fake: lab } = await begun('redis', 'AAB');
  await stepper.move('A', true);
  expect(stepper.question.value?.about).toBe('blocked-cancel');
  await endHold(lab);
  expect([stepper.state.value, stepper.question.value]).toEqual(['ready', undefined]);
  expect(statesOf(stepper)).toEqual(['ended', 'held before read']);
  expect(stepper.outcome.value).toMatch(/^Meanwhile the pay was answered: paid.* and the cancel was admitted\. /);
  expect(stepper.outcome.value).toMatch(/The question no longer applies: it is withdrawn\.$/);
});

test('follows a held request that goes on by itself, to its end', async () => {
  const { stepper, fake: lab } = await begun('none', 'A');
  await endHold(lab);
  expect(statesOf(stepper)).toEqual(['ended', 'not sent']);
  expect(stepper.outcome.value).toMatch(/^Meanwhile the pay was answered: paid/);
  await moves(stepper, 'BBB');
  expect([stepper.state.value, stepper.progress.kept.value]).toEqual(['over', {}]);
});

test('sends and resumes both, and is over when both are answered', async () => {
  const { stepper, activity } = await begun('none');
  await untilDone(stepper.resume());
  expect([stepper.state.value, statesOf(stepper), activity.current.value]).toEqual([
    'over',
    ['ended', 'ended'],
    undefined,
  ]);
  expect(stepper.run.value?.calls.map(({ answer }) => answer?.outcome)).toEqual(['answered', 'answered']);
});

test('says that resuming failed, and keeps both held', async () => {
  const { stepper, fake: lab } = await begun('none', 'A');
  lab.answer(/let-go/, () => problem(503, 'unavailable'));
  await untilDone(stepper.resume());
  expect(stepper.note.value).toMatch(/^Resuming failed/);
  expect([stepper.state.value, statesOf(stepper)[0]]).toEqual(['ready', 'held before act']);
});

test('says that a request does not continue, and can resume it later', async () => {
  const { stepper, activity, fake: lab } = await begun('none', 'A');
  lab.answer(/release/, () => ({ body: {} }));
  await moves(stepper, 'A');
  expect([stepper.state.value, stepper.note.value]).toEqual(['ready', 'The pay did not continue within 8 s.']);
  expect(activity.current.value).toBe('stepper'); // the held request is still in progress
  await untilDone(stepper.resume());
  expect([stepper.state.value, activity.current.value]).toEqual(['over', undefined]);
  expect(stepper.progress.kept.value).toEqual({});
});

test('without a trace, counts a request that was never held as waiting', async () => {
  const lab = startFakeLab();
  lab.answer(/trace/, undefined);
  const { stepper } = await openPage(lab);
  await untilDone(stepper.begin('redis', 1, 'AAB'));
  expect(statesOf(stepper)).toEqual(['held before write', 'blocked']);
  await untilDone(stepper.begin('none', 1, 'AABBB'));
  await stepper.move('A', true);
  await untilDone(stepper.answer('overwrites'));
  expect(stepper.guess.value).toMatchObject({ actual: 'unseen' });
});

test('is the current activity while one of its requests is in progress', async () => {
  const { stepper, activity } = await begun('none');
  expect(activity.current.value).toBeUndefined();
  await moves(stepper, 'A');
  expect(activity.current.value).toBe('stepper');
  await untilDone(stepper.resume());
  const end = activity.begin('load');
  await untilDone(stepper.begin('redis', 2));
  expect([stepper.state.value, stepper.run.value?.mode]).toEqual(['over', 'none']);
  end?.();
});

test('makes one move at a time', async () => {
  const { stepper } = await begun('none');
  await untilDone(
    Promise.all([stepper.move('A', false), stepper.move('B', false), stepper.undo(), stepper.answer('reads')]),
  );
  expect(stepper.steps.value).toBe('A');
});

test('says why it cannot begin', async () => {
  const { stepper, activity, fake: lab } = await begun('none', 'A');
  for (const user of lab.users) user.version = 1;
  lab.answer(/^\/lab\/users/, undefined);
  await untilDone(stepper.begin('none', 1));
  expect([stepper.state.value, stepper.note.value, activity.current.value]).toEqual([
    'idle',
    'No users could be made: the lab does not answer.',
    undefined,
  ]);
  expect([stepper.run.value, stepper.steps.value]).toEqual([undefined, '']);
});

test('follows the locks of its user until they are gone', async () => {
  const { stepper, fake: lab } = await begun('redis', 'A');
  const looks = async () => {
    const before = lab.asked.length;
    await advance(4000);
    return lab.asked.slice(before).filter((one) => one.includes('/lab/locks')).length;
  };
  expect(await looks()).toBeGreaterThanOrEqual(10);
  await untilDone(stepper.resume());
  await advance(1000);
  expect(await looks()).toBe(2);
});
