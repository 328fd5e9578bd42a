import { expect, test } from 'vitest';
import { frances, lostUpdate, run } from '../fixtures/runs.ts';
import { firstRace } from '../state/settings.ts';
import { exportedRuns } from './export.ts';

test('a saved run has its ordered events, its verdict and its link', () => {
  const link = 'http://127.0.0.1:8080/?run=race';
  const kept = run({ events: lostUpdate.toReversed(), after: { ...frances, paid: true } });
  const exported = JSON.parse(JSON.stringify(exportedRuns(link, firstRace, [kept])));
  expect(exported).toMatchObject({
    format: 'payment-race-lab/runs/1',
    link,
    settings: { scenario: 'race', modes: ['none'], thinkMs: 1500, seed: 1 },
    runs: [{ mode: 'none', user: { id: 7 }, after: { paid: true, balance: 0 }, verdict: { kind: 'inconsistent' } }],
  });
  expect(exported.runs[0].events).toEqual(lostUpdate);
  expect(exported.runs[0].calls).toHaveLength(2);
});
