import { expect, test } from 'vitest';
import { judge } from '../narrative/verdict.ts';
import { advance, type FakeLab, problem, startFakeLab, untilDone } from './fixtures/fake-lab.ts';
import { openPage } from './fixtures/open-page.ts';
import type { Stepper } from './stepper.ts';

async function openStepper(
  lab: FakeLab,
): Promise<{ stepper: Stepper; activity: Awaited<ReturnType<typeof openPage>>['activity'] }> {
  return openPage(lab);
}

/** The state of each request, such as `held before write`. */
const statesOf = ({ states }: Stepper) =>
  (['A', 'B'] as const).map((name) => {
    const requestState = states.value[name];
    return requestState.state === 'held' ? `held before ${requestState.before}` : requestState.state;
  });

test('steps through the race, and asks before two steps', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await untilDone(stepper.begin('none', 1));
  expect([stepper.state.value, stepper.steps.value, statesOf(stepper)]).toEqual([
    'ready',
    '',
    ['not sent', 'not sent'],
  ]);
  await untilDone(stepper.next());
  expect(statesOf(stepper)).toEqual(['held before act', 'not sent']);
  await untilDone(stepper.next());
  expect(statesOf(stepper)).toEqual(['held before write', 'not sent']);

  await stepper.next();
  expect([stepper.state.value, stepper.question.value?.about, stepper.steps.value]).toEqual([
    'asking',
    'arrival',
    'AA',
  ]);
  await untilDone(stepper.answer('waits'));
  expect(stepper.guess.value).toMatchObject({ chosen: 'waits', actual: 'reads' });
  expect([stepper.state.value, stepper.question.value, stepper.steps.value]).toEqual(['ready', undefined, 'AAB']);
  await untilDone(stepper.next());
  await untilDone(stepper.next());
  expect([stepper.guess.value, statesOf(stepper)]).toEqual([undefined, ['held before write', 'ended']]);

  await stepper.next();
  expect(stepper.question.value?.about).toBe('last-write');
  await untilDone(stepper.answer('overwrites'));
  expect(stepper.guess.value).toMatchObject({ chosen: 'overwrites', actual: 'overwrites' });
  expect([stepper.state.value, stepper.steps.value]).toEqual(['over', 'AABBBA']);
  expect(stepper.run.value).toMatchObject({ state: 'done', after: { paid: true, balance: 0 } });
  expect(stepper.run.value && judge(stepper.run.value).kind).toBe('inconsistent');
  expect(lab.sent.every(({ headers }) => headers.get('X-Lab-Hold-Ms') === '30000')).toBe(true);
});

test('repeats the steps that it begins with', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await untilDone(stepper.begin('none', 1, 'AABBBA'));
  expect([stepper.state.value, stepper.steps.value]).toEqual(['over', 'AABBBA']);
});

test('skips steps of a request that has ended', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await untilDone(stepper.begin('none', 1, 'AAAAB'));
  expect([stepper.steps.value, statesOf(stepper)]).toEqual(['AAAB', ['ended', 'held before act']]);
});

test('undoes a step by repeating the others on a fresh user', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await untilDone(stepper.begin('none', 1, 'AAB'));
  const former = stepper.run.value?.user.id;
  await untilDone(stepper.undo());
  expect([stepper.steps.value, statesOf(stepper)]).toEqual(['AA', ['held before write', 'not sent']]);
  expect(lab.users.find(({ id }) => id === former)?.version).toBe(2); // both have written
  expect(stepper.run.value?.user).toMatchObject({ paid: false, balance: 0 });
  const ids = stepper.run.value?.events.map(({ requestId }) => requestId) ?? [];
  expect(new Set(ids)).toEqual(new Set([lab.sent.at(-1)?.headers.get('X-Request-Id')]));
});

test('sees the lock block the cancel, and admit it after the pay', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await untilDone(stepper.begin('redis', 1, 'AA'));
  await stepper.next();
  await untilDone(stepper.answer('waits'));
  expect(stepper.guess.value).toMatchObject({ actual: 'waits' });
  expect([stepper.steps.value, statesOf(stepper)]).toEqual(['AAB', ['held before write', 'blocked']]);
  await stepper.next();
  expect(stepper.question.value?.about).toBe('blocked-cancel');
  await untilDone(stepper.answer('admitted'));
  expect(stepper.guess.value).toMatchObject({ actual: 'admitted' });
  expect([stepper.steps.value, statesOf(stepper)]).toEqual(['AABA', ['ended', 'held before read']]);
  await untilDone(stepper.resume());
  expect([stepper.state.value, stepper.run.value && judge(stepper.run.value).kind]).toEqual(['over', 'held']);
});

test('repeats the steps after the cancel timed out', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await untilDone(stepper.begin('redis', 1, 'AAB'));
  await advance(3000);
  expect(stepper.states.value.B).toEqual({ state: 'blocked', timedOut: true });
  await stepper.next();
  await untilDone(stepper.answer('admitted'));
  expect(stepper.note.value).toMatch(/were repeated on a fresh user\.$/);
  expect(stepper.run.value?.user).toMatchObject({ paid: false, balance: 0 });
  expect(statesOf(stepper)).toEqual(['ended', 'held before read']);
});

test('repeats the steps after a held request resumed by itself', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await untilDone(stepper.begin('none', 1, 'A'));
  await advance(31_000);
  await untilDone(stepper.next());
  expect(stepper.note.value).toMatch(/were repeated on a fresh user\.$/);
  expect([stepper.steps.value, statesOf(stepper)]).toEqual(['AA', ['held before write', 'not sent']]);
});

test('sends and resumes both, and is over when both are answered', async () => {
  const lab = startFakeLab();
  const { stepper, activity } = await openStepper(lab);
  await untilDone(stepper.begin('none', 1));
  await untilDone(stepper.resume());
  expect([stepper.state.value, statesOf(stepper), activity.current.value]).toEqual([
    'over',
    ['ended', 'ended'],
    undefined,
  ]);
  expect(stepper.run.value?.calls.map(({ answer }) => answer?.outcome)).toEqual(['answered', 'answered']);
});

test('says that resuming failed, and keeps both held', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await untilDone(stepper.begin('none', 1, 'A'));
  lab.answer(/let-go/, () => problem(503, 'unavailable'));
  await untilDone(stepper.resume());
  expect(stepper.note.value).toMatch(/^Resuming failed/);
  expect([stepper.state.value, statesOf(stepper)[0]]).toEqual(['ready', 'held before act']);
});

test('says that a request does not continue, and can resume it later', async () => {
  const lab = startFakeLab();
  const { stepper, activity } = await openStepper(lab);
  await untilDone(stepper.begin('none', 1, 'A'));
  lab.answer(/release/, () => ({ body: {} }));
  await untilDone(stepper.next());
  expect([stepper.state.value, stepper.note.value]).toEqual(['idle', 'The pay did not continue within 8 s.']);
  expect(activity.current.value).toBe('stepper'); // the held request is still in progress
  await untilDone(stepper.resume());
  expect([stepper.state.value, activity.current.value]).toEqual(['over', undefined]);
});

test('without a trace, counts a request that was never held as waiting', async () => {
  const lab = startFakeLab();
  lab.answer(/trace/, undefined);
  const { stepper } = await openStepper(lab);
  await untilDone(stepper.begin('redis', 1, 'AAB'));
  expect(statesOf(stepper)).toEqual(['held before write', 'blocked']);
  await untilDone(stepper.begin('none', 1, 'AABBB'));
  await stepper.next();
  await untilDone(stepper.answer('overwrites'));
  expect(stepper.guess.value).toMatchObject({ actual: 'unseen' });
});

test('is the current activity while one of its requests is in progress', async () => {
  const lab = startFakeLab();
  const { stepper, activity } = await openStepper(lab);
  await untilDone(stepper.begin('none', 1));
  expect(activity.current.value).toBeUndefined();
  await untilDone(stepper.next());
  expect(activity.current.value).toBe('stepper');
  await untilDone(stepper.resume());
  const end = activity.begin('load');
  await untilDone(stepper.begin('redis', 2));
  expect([stepper.state.value, stepper.run.value?.mode]).toEqual(['over', 'none']);
  end?.();
});

test('takes one step at a time', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await untilDone(stepper.begin('none', 1));
  await untilDone(Promise.all([stepper.next(), stepper.next(), stepper.undo(), stepper.answer('reads')]));
  expect(stepper.steps.value).toBe('A');
});

test('says why it cannot begin', async () => {
  const lab = startFakeLab();
  const { stepper, activity } = await openStepper(lab);
  lab.answer(/^\/lab\/users/, undefined);
  await untilDone(stepper.begin('none', 1));
  expect([stepper.state.value, stepper.note.value, activity.current.value]).toEqual([
    'idle',
    'No users could be made: the lab does not answer.',
    undefined,
  ]);
});

test('follows the locks of its user until they are gone', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await untilDone(stepper.begin('redis', 1, 'A'));
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
