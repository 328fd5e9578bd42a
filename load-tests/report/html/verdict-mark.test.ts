import { expect, test } from 'vitest';
import { markVerdict } from './verdict-mark.ts';

const verdicts = ['violated', 'held', 'unavailable', 'inconclusive'] as const;
const textOf = (verdict: (typeof verdicts)[number], expected = verdict) =>
  String(markVerdict({ verdict, expected })).replace(/<[^>]*>/g, '');

test('every verdict has its word, and a sign that no other has', () => {
  expect(verdicts.map((verdict) => textOf(verdict))).toEqual([
    '✕ violated',
    '✓ held',
    '○ unavailable',
    '? inconclusive',
  ]);
});

test('what was expected instead is said, and only then', () => {
  expect(textOf('held', 'violated')).toBe('✓ held (violated was expected)');
});
