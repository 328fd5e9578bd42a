import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { expect, test } from 'vitest';
import { VerdictMark } from './verdict-mark.tsx';

const verdicts = ['violated', 'held', 'unavailable', 'inconclusive'] as const;
const textOf = (verdict: (typeof verdicts)[number], expected = verdict) =>
  renderToString(h(VerdictMark, { verdict, expected })).replace(/<[^>]*>/g, '');

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
