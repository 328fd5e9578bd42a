import { expect, test } from 'vitest';
import { fitAtOnce, planCalls, stormSize } from './plan.ts';
import { firstRace, type Scenario } from './settings.ts';

const plan = (scenario: Scenario, thinkMs = 1500, seed = 1) => planCalls({ scenario, thinkMs, seed });

test.each([30, 300, 1500, 3000])('in a race of %i ms the cancel runs between the charge and the write', (thinkMs) => {
  const [pay, cancel] = plan('race', thinkMs);
  expect([pay?.kind, cancel?.kind]).toEqual(['pay', 'cancel']);
  expect(pay).toMatchObject({ afterMs: 0, gatewayMs: thinkMs });
  const { afterMs = 0, gatewayMs = 0 } = cancel ?? {};
  expect(afterMs).toBeGreaterThanOrEqual(thinkMs / 4); // for the pay to have read and charged
  expect(thinkMs - afterMs - gatewayMs).toBeGreaterThanOrEqual(thinkMs / 4); // for the cancel to read, refund and write
});

test('the first race admits a blocked cancel within the lock wait', () => {
  const [pay, cancel] = planCalls(firstRace);
  const wait = (pay?.gatewayMs ?? 0) - (cancel?.afterMs ?? 0);
  expect(wait).toBeLessThan(1500); // LOCK_WAIT_MS is 2000
});

test('at a processor time of 0, sends both at once', () => {
  expect(plan('race', 0).map(({ afterMs, gatewayMs }) => [afterMs, gatewayMs])).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

test('a storm is five pays at once, with times from the seed', () => {
  const storm = plan('storm');
  expect(storm.map(({ name }) => name)).toEqual(['A', 'B', 'C', 'D', 'E']);
  expect(storm.every(({ kind, afterMs }) => kind === 'pay' && afterMs === 0)).toBe(true);
  expect(storm.every(({ gatewayMs }) => gatewayMs >= 750 && gatewayMs <= 1500)).toBe(true);
  expect(plan('storm')).toEqual(storm);
  expect(plan('storm', 1500, 2)).not.toEqual(storm);
});

test('a single call is one call', () => {
  expect(plan('pay')).toMatchObject([{ kind: 'pay', gatewayMs: 1500 }]);
  expect(plan('cancel')).toMatchObject([{ kind: 'cancel', gatewayMs: 1500 }]);
});

test('two races fit side by side, two storms do not', () => {
  expect(stormSize).toBe(5);
  expect(fitAtOnce(plan('race'), 2)).toBe(true);
  expect(fitAtOnce(plan('storm'), 1)).toBe(true);
  expect(fitAtOnce(plan('storm').slice(0, 3), 2)).toBe(false);
  expect(fitAtOnce(plan('storm'), 2)).toBe(false);
});
