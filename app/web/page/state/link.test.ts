import { describe, expect, test } from 'vitest';
import { readLink, writeLink } from './link.ts';
import { firstRace, type Settings } from './settings.ts';

const runs: readonly Settings[] = [
  firstRace,
  { ...firstRace, modes: ['none', 'redis'], thinkMs: 0, userId: 7, seed: 42 },
  { ...firstRace, scenario: 'storm', modes: ['version', 'fenced'], seed: 2_147_483_647 },
  { ...firstRace, scenario: 'steps', modes: ['redis'], moves: 'AABBBA' },
  { ...firstRace, scenario: 'steps', modes: ['memory'], level: 'memory-one', moves: 'AB' },
  { ...firstRace, scenario: 'load', seed: 3 },
];

test.each(runs)('reads back what it wrote: $scenario in $modes', (settings) => {
  expect(readLink(writeLink(settings))).toEqual({ outcome: 'run', settings });
});

test('writes a readable link', () => {
  expect(writeLink({ ...firstRace, modes: ['none', 'redis'] })).toBe('?run=race&modes=none,redis&think=1500&seed=1');
});

test('without a run in it, an address asks for nothing', () => {
  expect(readLink('')).toEqual({ outcome: 'nothing' });
  expect(readLink('?utm_source=talk')).toEqual({ outcome: 'nothing' });
});

test('missing parts default to the first race', () => {
  expect(readLink('?run=race')).toEqual({ outcome: 'run', settings: firstRace });
});

describe('describes a mistake in a link', () => {
  test.each([
    ['?run=rase', /^“run” must be one of race, storm, .*not “rase”\.$/],
    ['?run=race&modes=redsi', /^“modes” must be one or two different ones of none, .*not “redsi”\.$/],
    ['?run=race&modes=none,none', /^“modes” must be one or two different/],
    ['?run=race&modes=none,redis,row', /^“modes” must be one or two different/],
    ['?run=race&modes=', /^“modes” must be/],
    ['?run=steps&modes=none,redis', /^“modes” must be one of /],
    ['?run=race&think=-1', /^“think” must be a whole number from 0 to 10000, not “-1”\.$/],
    ['?run=race&think=1e3', /^“think” must be/],
    ['?run=race&think=10001', /^“think” must be/],
    ['?run=race&user=0', /^“user” must be a whole number from 1 /],
    ['?run=race&seed=99999999999', /^“seed” must be/],
    ['?run=steps&modes=memory&level=memory-two', /^“level” must be memory-one, not “memory-two”\.$/],
    ['?run=steps&modes=redis&level=memory-one', /^“level” must be left out for redis, not “memory-one”\.$/],
    ['?run=steps&moves=AXB', /^“moves” must be at most 40 of the letters A and B, not “AXB”\.$/],
    [`?run=steps&moves=${'A'.repeat(41)}`, /^“moves” must be/],
  ])('%s', (search, mistake) => {
    expect(readLink(search)).toEqual({ outcome: 'wrong', mistakes: [expect.stringMatching(mistake)] });
  });

  test('all of them at once', () => {
    expect(readLink('?run=x&modes=y&think=z')).toMatchObject({ mistakes: { length: 3 } });
  });
});
