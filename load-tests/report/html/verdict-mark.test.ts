import { expect, test } from 'vitest';
import { markVerdict } from './verdict-mark.ts';

const verdicts = ['violated', 'held', 'unavailable', 'inconclusive'] as const;
const textOf = (verdict: (typeof verdicts)[number], expected = verdict) =>
  String(markVerdict({ verdict, expected })).replace(/<[^>]*>/g, '');

test('shows a word and a unique sign per verdict', () => {
  expect(verdicts.map((verdict) => textOf(verdict))).toEqual([
    '✕ violated',
    '✓ held',
    '○ unavailable',
    '? inconclusive',
  ]);
});

test('names the expected verdict only if it differs', () => {
  expect(textOf('held', 'violated')).toBe('✓ held (violated was expected)');
});
