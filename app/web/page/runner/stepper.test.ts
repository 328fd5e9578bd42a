import { expect, test } from 'vitest';
import { judge } from '../model/verdict.ts';
import { type FakeLab, over, pass, problem, startFakeLab } from './fixtures/fake-lab.ts';
import { openPage } from './fixtures/open-page.ts';
import type { Stepper } from './stepper.ts';

async function openStepper(
  lab: FakeLab,
): Promise<{ stepper: Stepper; turn: Awaited<ReturnType<typeof openPage>>['turn'] }> {
  return openPage(lab);
}

/** What each has come to, such as `held before write`. */
const standingsOf = ({ standings }: Stepper) =>
  (['A', 'B'] as const).map((name) => {
    const standing = standings.value[name];
    return standing.state === 'held' ? `held before ${standing.before}` : standing.state;
  });

test('leads the race move by move, and asks before the two that one can guess', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await over(stepper.begin('none', 1));
  expect([stepper.state.value, stepper.moves.value, standingsOf(stepper)]).toEqual([
    'ready',
    '',
    ['not sent', 'not sent'],
  ]);
  await over(stepper.next());
  expect(standingsOf(stepper)).toEqual(['held before act', 'not sent']);
  await over(stepper.next());
  expect(standingsOf(stepper)).toEqual(['held before write', 'not sent']);

  await stepper.next();
  expect([stepper.state.value, stepper.question.value?.about, stepper.moves.value]).toEqual([
    'asking',
    'arrival',
    'AA',
  ]);
  await over(stepper.answer('waits'));
  expect(stepper.guess.value).toMatchObject({ chosen: 'waits', cameTrue: 'reads' });
  expect([stepper.state.value, stepper.question.value, stepper.moves.value]).toEqual(['ready', undefined, 'AAB']);
  await over(stepper.next());
  await over(stepper.next());
  expect([stepper.guess.value, standingsOf(stepper)]).toEqual([undefined, ['held before write', 'ended']]);

  await stepper.next();
  expect(stepper.question.value?.about).toBe('last-write');
  await over(stepper.answer('overwrites'));
  expect(stepper.guess.value).toMatchObject({ chosen: 'overwrites', cameTrue: 'overwrites' });
  expect([stepper.state.value, stepper.moves.value]).toEqual(['over', 'AABBBA']);
  expect(stepper.run.value).toMatchObject({ state: 'done', after: { paid: true, balance: 0 } });
  expect(stepper.run.value && judge(stepper.run.value).kind).toBe('wronged');
  expect(lab.sent.every(({ headers }) => headers.get('X-Lab-Hold-Ms') === '30000')).toBe(true);
});

test('makes the moves that it begins with', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await over(stepper.begin('none', 1, 'AABBBA'));
  expect([stepper.state.value, stepper.moves.value]).toEqual(['over', 'AABBBA']);
});

test('passes over moves of a request that has ended', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await over(stepper.begin('none', 1, 'AAAAB'));
  expect([stepper.moves.value, standingsOf(stepper)]).toEqual(['AAAB', ['ended', 'held before act']]);
});

test('takes a move back by repeating the others on a fresh user, and lets the former pair come to its end', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await over(stepper.begin('none', 1, 'AAB'));
  const former = stepper.run.value?.user.id;
  await over(stepper.undo());
  expect([stepper.moves.value, standingsOf(stepper)]).toEqual(['AA', ['held before write', 'not sent']]);
  expect(lab.users.find(({ id }) => id === former)?.version).toBe(2); // both have written
  expect(stepper.run.value?.user).toMatchObject({ paid: false, balance: 0 });
  const ids = stepper.run.value?.events.map(({ requestId }) => requestId) ?? [];
  expect(new Set(ids)).toEqual(new Set([lab.sent.at(-1)?.headers.get('X-Request-Id')]));
});

test('sees that the lock keeps the cancel out, and lets it in behind the pay', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await over(stepper.begin('redis', 1, 'AA'));
  await stepper.next();
  await over(stepper.answer('waits'));
  expect(stepper.guess.value).toMatchObject({ cameTrue: 'waits' });
  expect([stepper.moves.value, standingsOf(stepper)]).toEqual(['AAB', ['held before write', 'blocked']]);
  await stepper.next();
  expect(stepper.question.value?.about).toBe('the-one-who-waits');
  await over(stepper.answer('let-in'));
  expect(stepper.guess.value).toMatchObject({ cameTrue: 'let-in' });
  expect([stepper.moves.value, standingsOf(stepper)]).toEqual(['AABA', ['ended', 'held before read']]);
  await over(stepper.letGo());
  expect([stepper.state.value, stepper.run.value && judge(stepper.run.value).kind]).toEqual(['over', 'held']);
});

test('repeats the moves when the cancel has given up waiting', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await over(stepper.begin('redis', 1, 'AAB'));
  await pass(3000);
  expect(stepper.standings.value.B).toEqual({ state: 'blocked', gaveUp: true });
  await stepper.next();
  await over(stepper.answer('let-in'));
  expect(stepper.note.value).toMatch(/were repeated on a fresh user\.$/);
  expect(stepper.run.value?.user).toMatchObject({ paid: false, balance: 0 });
  expect(standingsOf(stepper)).toEqual(['ended', 'held before read']);
});

test('repeats the moves when a request was held for as long as it can be, and has gone on by itself', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await over(stepper.begin('none', 1, 'A'));
  await pass(31_000);
  await over(stepper.next());
  expect(stepper.note.value).toMatch(/were repeated on a fresh user\.$/);
  expect([stepper.moves.value, standingsOf(stepper)]).toEqual(['AA', ['held before write', 'not sent']]);
});

test('sends and lets go both, and is over when both are answered', async () => {
  const lab = startFakeLab();
  const { stepper, turn } = await openStepper(lab);
  await over(stepper.begin('none', 1));
  await over(stepper.letGo());
  expect([stepper.state.value, standingsOf(stepper), turn.of.value]).toEqual(['over', ['ended', 'ended'], undefined]);
  expect(stepper.run.value?.calls.map(({ answer }) => answer?.outcome)).toEqual(['answered', 'answered']);
});

test('says that they could not be let go, and holds them further', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await over(stepper.begin('none', 1, 'A'));
  lab.answer(/let-go/, () => problem(503, 'unavailable'));
  await over(stepper.letGo());
  expect(stepper.note.value).toMatch(/^They could not be let go/);
  expect([stepper.state.value, standingsOf(stepper)[0]]).toEqual(['ready', 'held before act']);
});

test('says that a request comes no further, and begins anew when asked to', async () => {
  const lab = startFakeLab();
  const { stepper, turn } = await openStepper(lab);
  await over(stepper.begin('none', 1, 'A'));
  lab.answer(/release/, () => ({ body: {} }));
  await over(stepper.next());
  expect([stepper.state.value, stepper.note.value]).toEqual(['idle', 'The pay has come no further within 8 s.']);
  expect(turn.of.value).toBe('stepper'); // what is held is still under way
  await over(stepper.letGo());
  expect([stepper.state.value, turn.of.value]).toEqual(['over', undefined]);
});

test('without a trace, takes a request that was never held for one that waits', async () => {
  const lab = startFakeLab();
  lab.answer(/trace/, undefined);
  const { stepper } = await openStepper(lab);
  await over(stepper.begin('redis', 1, 'AAB'));
  expect(standingsOf(stepper)).toEqual(['held before write', 'blocked']);
  await over(stepper.begin('none', 1, 'AABBB'));
  await stepper.next();
  await over(stepper.answer('overwrites'));
  expect(stepper.guess.value).toMatchObject({ cameTrue: 'unseen' });
});

test('has its turn for as long as a request of its is under way', async () => {
  const lab = startFakeLab();
  const { stepper, turn } = await openStepper(lab);
  await over(stepper.begin('none', 1));
  expect(turn.of.value).toBeUndefined();
  await over(stepper.next());
  expect(turn.of.value).toBe('stepper');
  await over(stepper.letGo());
  const end = turn.take('load');
  await over(stepper.begin('redis', 2));
  expect([stepper.state.value, stepper.run.value?.mode]).toEqual(['over', 'none']);
  end?.();
});

test('has one move at a time', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await over(stepper.begin('none', 1));
  await over(Promise.all([stepper.next(), stepper.next(), stepper.undo(), stepper.answer('reads')]));
  expect(stepper.moves.value).toBe('A');
});

test('says why it cannot begin', async () => {
  const lab = startFakeLab(0);
  const { stepper, turn } = await openStepper(lab);
  await over(stepper.begin('none', 1));
  expect([stepper.state.value, stepper.note.value, turn.of.value]).toEqual([
    'idle',
    'There are no users yet. Make some first, at the top of the page.',
    undefined,
  ]);
});

test('has the locks of its user looked at until they are gone', async () => {
  const lab = startFakeLab();
  const { stepper } = await openStepper(lab);
  await over(stepper.begin('redis', 1, 'A'));
  const looks = async () => {
    const before = lab.asked.length;
    await pass(4000);
    return lab.asked.slice(before).filter((one) => one.includes('/lab/locks')).length;
  };
  expect(await looks()).toBeGreaterThanOrEqual(10);
  await over(stepper.letGo());
  await pass(1000);
  expect(await looks()).toBe(2);
});
