import { signal } from '@preact/signals';
import { expect, test } from 'vitest';
import { createFaultBoard } from './fault-board.ts';
import { advance, problem, startFakeLab } from './fixtures/fake-lab.ts';
import type { LabState } from './lab-state.ts';

const healed = { offered: true, faults: [{ name: 'freeze-app-1', state: 'healed' }], past: [] };
const active = { offered: true, faults: [{ name: 'freeze-app-1', state: 'active' }], past: [] };

/** A board that has read the faults once, and reads them again on `look`. */
async function openBoard(first: object = healed) {
  const lab = startFakeLab();
  lab.answer(/^\/lab\/faults$/, () => ({ body: first }));
  const looks: (() => Promise<void>)[] = [];
  const state = {
    known: Promise.resolve(),
    lab: signal('on'),
    watch: (_: number, look: () => Promise<void>) => looks.push(look),
  };
  const board = createFaultBoard(state as unknown as LabState);
  await advance(1);
  await looks[0]?.();
  return { lab, board, look: () => looks[0]?.() };
}

test('shows a fault at once, and reads the faults again when it is due to heal', async () => {
  const { lab, board } = await openBoard();
  lab.answer(/inject$/, () => ({ body: active }));
  await board.inject('freeze-app-1', 5000);
  expect(board.faults.value).toEqual(active);
  await advance(4900);
  expect(board.faults.value).toEqual(active);
  await advance(500);
  expect(board.faults.value).toEqual(healed);
});

test('keeps the faults when a command is refused, and says why', async () => {
  const { lab, board, look } = await openBoard();
  lab.answer(/heal$/, () => problem(503, 'unavailable'));
  await board.heal('freeze-app-1');
  expect(board.faults.value).toEqual(healed);
  await look();
  expect(board.error.value).toMatchObject({ problem: 'unavailable' });
  lab.answer(/heal$/, () => ({ body: healed }));
  await board.heal('freeze-app-1');
  expect(board.error.value).toBeUndefined();
});

test('a poll that was asked before a command does not overwrite its answer', async () => {
  const { lab, board, look } = await openBoard();
  const before = board.faults.value;
  await look();
  expect(board.faults.value).toBe(before); // nothing is drawn anew
  let arrive = () => {};
  const held = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  lab.answer(/faults$/, () => held.then(() => ({ body: healed })));
  lab.answer(/inject$/, () => ({ body: active }));
  const looking = look();
  await board.inject('freeze-app-1', 5000);
  arrive();
  await looking;
  expect(board.faults.value).toEqual(active);
});

test('asks only once where no faults are offered', async () => {
  const { lab, look } = await openBoard({ offered: false, why: 'elsewhere', faults: [], past: [] });
  await look();
  expect(lab.asked.filter((path) => path.includes('faults'))).toEqual(['GET /lab/faults']);
});
