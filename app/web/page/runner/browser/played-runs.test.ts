import { expect, test } from 'vitest';
import { event, run } from '../../fixtures/runs.ts';
import { firstRace } from '../../state/settings.ts';
import { startFakeLab } from '../fixtures/fake-lab.ts';
import { keepPlayedRuns } from './played-runs.ts';

const playedAs = (seed: number) => ({ settings: { ...firstRace, seed }, runs: [run()] });

test('keeps the last twelve, also across a reload', () => {
  startFakeLab();
  const kept = keepPlayedRuns();
  for (let made = 1; made <= 13; made++) kept.keep(`run-${made}`, playedAs(made));
  kept.keep('run-13', playedAs(99)); // in place of what was kept
  const again = keepPlayedRuns();
  expect([again.find('run-1'), again.find('run-2'), again.find('run-13')]).toEqual([
    undefined,
    playedAs(2),
    playedAs(99),
  ]);
});

test('keeps no more than a million characters', () => {
  const { tab } = startFakeLab();
  const kept = keepPlayedRuns();
  const events = Array.from({ length: 1500 }, (_, ms) => event('pay', 'read', ms));
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) kept.keep(id, { settings: firstRace, runs: [run({ events })] });
  expect(tab.stored.get('played-runs')?.length).toBeLessThan(1_000_100);
  expect([kept.find('a'), kept.find('f')?.runs.length]).toEqual([undefined, 1]);
});
