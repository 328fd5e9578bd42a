import { expect, test } from 'vitest';
import { countBy, countByInstance, formatCounts } from './counts.ts';

test('counts by whatever key, in the order in which the keys come', () => {
  expect([...countBy(['frozen', 'killed', 'frozen'], (fault) => fault)]).toEqual([
    ['frozen', 2],
    ['killed', 1],
  ]);
  expect([...countBy([7, 8, 9], (tick) => tick % 2 === 0)]).toEqual([
    [false, 2],
    [true, 1],
  ]);
});

test('formats the instances in the order of their names', () => {
  const counts = countByInstance(['app-2', 'app-1', 'app-2'].map((instance) => ({ instance })));
  expect(formatCounts(counts, (instance, count) => `${instance} ${count}`)).toBe('app-1 1, app-2 2');
  expect(formatCounts(counts, (instance, count) => `${count} ${instance}`)).toBe('1 app-1, 2 app-2');
});

test('says when there is none', () => {
  expect(formatCounts({}, (name) => name)).toBe('none');
});
