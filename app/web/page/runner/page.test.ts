import { expect, test } from 'vitest';
import { firstRace } from '../state/settings.ts';
import { advance, problem, startFakeLab, untilDone } from './fixtures/fake-lab.ts';
import { openPage } from './fixtures/open-page.ts';

test('proposes what the address asks for, and sends nothing until it is played', async () => {
  const { fake: lab, ...page } = await openPage();
  const open = async (address: string) => {
    lab.tab.address = address;
    await untilDone(page.openAddress());
    expect(lab.asked.filter((one) => one.startsWith('POST'))).toEqual([]);
    const { value } = page.proposal;
    if (!value) throw new Error('nothing is proposed');
    await untilDone(page.play(value));
    expect(page.proposal.value).toBeUndefined();
    lab.asked.length = 0;
  };
  await open('/?run=race&modes=redis&think=0&seed=5');
  expect(page.stage.settings.value).toMatchObject({ modes: ['redis'], thinkMs: 0, seed: 5 });
  await open('/?run=steps&modes=none&moves=AA&seed=6');
  expect([page.stepper.steps.value, page.stepper.seed.value, page.stepper.level.value.mode]).toEqual(['AA', 6, 'none']);
  await untilDone(page.stepper.resume());
  lab.asked.length = 0;
  await open('/?run=load&modes=memory&seed=7');
  expect(page.load.last.value).toMatchObject({ mode: 'memory', seed: 7, isOver: true });
});

test('shows what was played after a reload and on the way back, and sends nothing', async () => {
  const lab = startFakeLab();
  lab.tab.address = '/?run=race&modes=redis&think=0&seed=5';
  const before = await openPage(lab);
  await before.openAddress();
  await untilDone(before.play({ ...firstRace, modes: ['redis'], thinkMs: 0, seed: 5 })); // in the same entry
  const played = before.stage.runs.value;
  lab.asked.length = 0;

  const page = await openPage(lab);
  await page.openAddress();
  expect([page.stage.runs.value, page.proposal.value]).toEqual([played, undefined]);
  expect(lab.asked.filter((one) => one.startsWith('POST'))).toEqual([]);

  await untilDone(page.play({ ...firstRace, thinkMs: 0, seed: 6 }));
  const [none] = page.stage.runs.value;
  await untilDone(page.compare('redis'));
  expect(lab.tab.address).toBe('/?run=race&modes=none,redis&think=0&seed=6');
  const modes = () => page.stage.runs.value.map(({ mode }) => mode).join();
  const shown = [modes()];
  for (const by of [-1, -1, 1, 1] as const) {
    lab.tab.go(by);
    await advance(10);
    shown.push(modes());
  }
  expect(shown).toEqual(['none,redis', 'none', 'redis', 'none', 'none,redis']);
  expect(page.stage.runs.value[0]).toEqual(none);
});

test('goes back once the run in progress is over', async () => {
  const { fake: lab, ...page } = await openPage();
  await untilDone(page.play({ ...firstRace, thinkMs: 0, seed: 5 }));
  const running = page.play({ ...firstRace, modes: ['redis'], thinkMs: 300, seed: 6 });
  await advance(10);
  lab.tab.go(-1);
  await advance(10);
  expect(page.stage.runs.value).toMatchObject([{ mode: 'redis', state: 'running' }]);
  await untilDone(running);
  expect(page.stage.runs.value).toMatchObject([{ mode: 'none', state: 'done' }]);
  lab.tab.go(1);
  await advance(10);
  expect(page.stage.runs.value).toMatchObject([{ mode: 'redis', state: 'done' }]);
});

test('keeps a stepped run that is over', async () => {
  const { fake: lab, ...page } = await openPage();
  const settings = { ...firstRace, scenario: 'steps', seed: 4 } as const;
  page.remember(settings);
  await untilDone(page.stepper.begin('none', 4, 'AABBBA'));
  page.remember({ ...settings, moves: 'AABBBA' });
  const { run } = page.stepper;
  const again = await openPage(lab);
  await again.openAddress();
  expect(again.stage.settings.value).toEqual({ ...settings, moves: 'AABBBA' });
  expect(again.stage.runs.value).toEqual([run.value]);
});

test('keeps a run of the order map under its own address', async () => {
  const { fake: lab, ...page } = await openPage();
  for (const order of ['AAABBB', 'AABBBA']) {
    await untilDone(page.schedule('none', order));
    const again = await openPage(lab);
    await again.openAddress();
    expect(again.stage.settings.value).toMatchObject({ scenario: 'steps', moves: page.stepper.steps.value });
    expect(again.stage.runs.value).toEqual([page.stepper.run.value]);
  }
});

test('a link to a part of the page is no other run', async () => {
  const { fake: lab, ...page } = await openPage();
  await untilDone(page.play({ ...firstRace, thinkMs: 0, seed: 3 }));
  const shown = page.stage.runs.value;
  lab.tab.follow('#now');
  await advance(10);
  expect([page.stage.runs.value, page.proposal.value]).toEqual([shown, undefined]);
  lab.tab.go(-1);
  await advance(10);
  expect(page.stage.runs.value).toEqual(shown);
});

test('proposes nothing for an empty or invalid address', async () => {
  const { fake: lab, ...page } = await openPage();
  await page.openAddress();
  expect([page.linkMistakes.value, page.proposal.value]).toEqual([[], undefined]);
  lab.tab.address = '/?run=race&modes=nonsense&think=x';
  await page.openAddress();
  expect([page.linkMistakes.value.length, page.proposal.value]).toEqual([2, undefined]);
  page.remember(firstRace);
  expect(page.linkMistakes.value).toEqual([]);
});

test('proposes nothing and opens no stream while the lab is off', async () => {
  const lab = startFakeLab();
  lab.answer(/^\/lab/, () => problem(404, 'not-found'));
  lab.tab.address = '/?run=race';
  const page = await openPage(lab);
  await untilDone(page.openAddress());
  await advance(3000);
  expect([page.proposal.value, page.stream.value, lab.streams]).toEqual([undefined, undefined, []]);
});

test('keeps what is shown in the address', async () => {
  const { fake: lab, ...page } = await openPage();
  await untilDone(page.play({ ...firstRace, thinkMs: 0, seed: 3 }));
  expect(lab.tab.address).toBe('/?run=race&modes=none&think=0&seed=3');
  page.remember({ ...firstRace, scenario: 'steps', moves: 'AAB', seed: 4 });
  expect(lab.tab.address).toBe('/?run=steps&modes=none&moves=AAB&seed=4#steps');
  expect(page.linkTo({ ...firstRace, scenario: 'load', seed: 4 })).toBe(
    'http://lab.test/?run=load&modes=none&seed=4#load',
  );
});

test('has its own session, shared by its stream and requests', async () => {
  const { fake: lab, ...first } = await openPage();
  const second = await openPage(lab);
  const sessions = lab.streams.map(({ url }) => new URL(url, 'http://lab.test').searchParams.get('trace'));
  expect(new Set(sessions).size).toBe(2);
  await untilDone(second.play({ ...firstRace, scenario: 'pay', thinkMs: 0 }));
  expect(lab.sent[0]?.headers.get('X-Lab-Trace')).toBe(sessions[1]);
  expect([first.stream.value, second.gap.value]).toEqual(['open', false]);
});

test('says that events were missed, until the next run', async () => {
  const { fake: lab, ...page } = await openPage();
  const say = (what: string) => lab.streams[0]?.listeners.get(what)?.({ data: '{}' });
  say('gap');
  expect(page.gap.value).toBe(false); // nothing is shown that could have a hole
  await untilDone(page.play({ ...firstRace, thinkMs: 0 }));
  say('gap');
  expect(page.gap.value).toBe(true);
  await untilDone(page.play({ ...firstRace, thinkMs: 0 }));
  expect(page.gap.value).toBe(false);
});

test('a stream that opens during a run may have missed events', async () => {
  const lab = startFakeLab();
  lab.answer(/trace/, undefined);
  const page = await openPage(lab);
  const playing = page.play({ ...firstRace, thinkMs: 10_000 });
  await advance(5000);
  expect([lab.sent.length, page.stream.value, page.gap.value]).toEqual([1, 'connecting', false]);
  lab.streams.at(-1)?.settle(true);
  expect([page.stream.value, page.gap.value]).toEqual(['open', true]);
  await untilDone(playing);
  expect(page.gap.value).toBe(true);
  await untilDone(page.play({ ...firstRace, thinkMs: 0 }));
  expect([page.stream.value, page.gap.value]).toEqual(['open', false]);
});
