import { expect, test, vi } from 'vitest';
import { startFakeLab } from '../fixtures/fake-lab.ts';
import { createOwnUsers } from '../users/own-users.ts';
import { keepPlayedRuns } from './played-runs.ts';

test.for(['{', 'null', '7', '{"a":1}', '[null, 7, ["a"], ["a", null], ["a", {"settings": {}}], {"id": "x"}]'])(
  'a foreign value in the storage is as none: %s',
  (foreign) => {
    const { tab } = startFakeLab();
    for (const place of ['own-users', 'played-runs']) tab.stored.set(place, foreign);
    expect(createOwnUsers().ids.value).toEqual([]);
    expect(keepPlayedRuns().find('a')).toBeUndefined();
  },
);

test('keeps a value where the storage is forbidden', () => {
  startFakeLab();
  vi.stubGlobal('sessionStorage', undefined);
  const played = keepPlayedRuns();
  const one = { settings: { modes: ['none'] }, runs: [] } as never;
  played.keep('a', one);
  expect(played.find('a')).toBe(one);
});
