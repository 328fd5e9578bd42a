import { expect, test } from 'vitest';
import { firstRace } from '../state/settings.ts';
import { advance, problem, startFakeLab, untilDone } from './fixtures/fake-lab.ts';
import { openPage } from './fixtures/open-page.ts';

test('runs what the address asks for', async () => {
  const lab = startFakeLab();
  const page = await openPage(lab);
  lab.tab.address = '/?run=race&modes=redis&think=0&seed=5';
  await untilDone(page.followLink());
  expect(page.stage.settings.value).toMatchObject({ modes: ['redis'], thinkMs: 0, seed: 5 });
  lab.tab.address = '/?run=steps&modes=none&moves=AA&seed=6';
  await untilDone(page.followLink());
  expect([page.stepper.steps.value, page.stepper.seed.value, page.stepper.mode.value]).toEqual(['AA', 6, 'none']);
  await untilDone(page.stepper.resume());
  lab.tab.address = '/?run=load&modes=memory&seed=7';
  await untilDone(page.followLink());
  expect(page.load.last.value).toMatchObject({ mode: 'memory', seed: 7, isOver: true });
});

test('runs nothing for an empty or invalid address', async () => {
  const lab = startFakeLab();
  const page = await openPage(lab);
  await page.followLink();
  expect(page.linkMistakes.value).toEqual([]);
  lab.tab.address = '/?run=race&modes=nonsense&think=x';
  await page.followLink();
  expect(page.linkMistakes.value).toHaveLength(2);
  expect([page.stage.settings.value, lab.sent]).toEqual([undefined, []]);
  page.remember(firstRace);
  expect(page.linkMistakes.value).toEqual([]);
});

test('runs nothing and opens no stream while the lab is off', async () => {
  const lab = startFakeLab();
  lab.answer(/^\/lab/, () => problem(404, 'not-found'));
  lab.tab.address = '/?run=race';
  const page = await openPage(lab);
  await untilDone(page.followLink());
  await advance(3000);
  expect([page.stage.settings.value, page.stream.value, lab.streams]).toEqual([undefined, undefined, []]);
});

test('keeps what is shown in the address', async () => {
  const lab = startFakeLab();
  const page = await openPage(lab);
  await untilDone(page.run({ ...firstRace, thinkMs: 0, seed: 3 }));
  expect(lab.tab.address).toBe('/?run=race&modes=none&think=0&seed=3');
  page.remember({ ...firstRace, scenario: 'steps', moves: 'AAB', seed: 4 });
  expect(lab.tab.address).toBe('/?run=steps&modes=none&moves=AAB&seed=4#steps');
  expect(page.linkTo({ ...firstRace, scenario: 'load', seed: 4 })).toBe(
    'http://lab.test/?run=load&modes=none&seed=4#load',
  );
});

test('has its own session, shared by its stream and requests', async () => {
  const lab = startFakeLab();
  const first = await openPage(lab);
  const second = await openPage(lab);
  const sessions = lab.streams.map(({ url }) => new URL(url, 'http://lab.test').searchParams.get('trace'));
  expect(new Set(sessions).size).toBe(2);
  await untilDone(second.run({ ...firstRace, scenario: 'pay', thinkMs: 0 }));
  expect(lab.sent[0]?.headers.get('X-Lab-Trace')).toBe(sessions[1]);
  expect([first.stream.value, second.gap.value]).toEqual(['open', false]);
});

test('says that events were missed, until the next run', async () => {
  const lab = startFakeLab();
  const page = await openPage(lab);
  const say = (what: string) => lab.streams[0]?.listeners.get(what)?.({ data: '{}' });
  say('gap');
  expect(page.gap.value).toBe(false); // nothing is shown that could have a hole
  await untilDone(page.run({ ...firstRace, thinkMs: 0 }));
  say('gap');
  expect(page.gap.value).toBe(true);
  await untilDone(page.run({ ...firstRace, thinkMs: 0 }));
  expect(page.gap.value).toBe(false);
});
