import { expect, test } from 'vitest';
import { answered, lostUpdate, refused, run } from '../../fixtures/runs.ts';
import { levels } from '../../state/scheduler/levels.ts';
import { levelTexts } from './levels.ts';
import { resultOf } from './order-result.ts';

const after = { id: 7, name: 'Frances', paid: true, version: 2, balance: 0 };

test('an order is judged only if all calls were answered and no fault lasted', () => {
  const lost = run({ events: lostUpdate, after });
  expect(resultOf(lost)).toBe('accessWithoutPaying');
  const failed = [answered('paid'), refused('unavailable', 503)];
  expect(resultOf(run({ events: lostUpdate, after, answers: failed }))).toBeUndefined();
  const fromMs = lostUpdate[0]?.wallMs ?? 0;
  const fault = { name: 'freeze-app-1', what: 'app-1 is paused', targets: ['app-1'], fromMs, toMs: fromMs + 10 };
  expect(resultOf(lost, [fault])).toBeUndefined();
  expect(resultOf(lost, [{ ...fault, fromMs: 0, toMs: 1 }])).toBe('accessWithoutPaying');
});

test('each guard that no order breaks has a text on what breaks it', () => {
  for (const { id, canBreak } of levels) expect(levelTexts[id].takes !== undefined).toBe(!canBreak);
});
