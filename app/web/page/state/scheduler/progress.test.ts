import { expect, test } from 'vitest';
import { lockModeNames } from '../../../../lock-modes/registry.ts';
import { levelOf, levels } from './levels.ts';
import { readProgress, record, stateOfLevel } from './progress.ts';

test('keeps what came of an order, and a loss for good', () => {
  const once = record({}, 'naive', ['AABBBA', 'AABBAB'], 'held');
  expect(stateOfLevel(once, 'naive')).toBe('held');
  const lost = record(once, 'naive', ['AABBBA'], 'accessWithoutPaying');
  expect(lost).toEqual({ naive: { AABBBA: 'accessWithoutPaying', AABBAB: 'held' } });
  expect(record(lost, 'naive', ['AABBBA'], 'held')).toEqual(lost);
  expect([stateOfLevel(lost, 'naive'), stateOfLevel(lost, 'redis')]).toEqual(['broken', undefined]);
});

test('reads back what it has written, and nothing else', () => {
  const progress = record(record({}, 'none', ['AABBBA'], 'lost'), 'memory-one', ['AAABBB'], 'held');
  expect(readProgress(JSON.stringify(progress))).toEqual(progress);
  for (const text of [null, '', 'nonsense', '[]', '7', 'null', '{"none": 7}', '{"none": null}'])
    expect(readProgress(text), String(text)).toEqual({});
  const foreign = '{"none": {"AABBBA": "held", "AB": "held", "AAABBB": "won"}, "another": {"AABBBA": "held"}}';
  expect(readProgress(foreign)).toEqual({ none: { AABBBA: 'held' } });
});

test('every lock mode has a level', () => {
  for (const name of lockModeNames) expect(levelOf(name).mode).toBe(name);
  expect(levels).toHaveLength(lockModeNames.length + 1);
});
