import { expect, test } from 'vitest';
import { lengthOf, wrap } from './wrap.ts';

const prose =
  'none: of 1,756 requests, 887 overlapped another for the same user; 392 writes were decided on a stale read, and 9 users have access and paid nothing.';

test.each([80, 100, 120, 200])('breaks prose at spaces to %i columns', (width) => {
  const lines = wrap(prose, width).split('\n');
  expect(Math.max(...lines.map(lengthOf))).toBeLessThanOrEqual(width);
  expect(lines.join(' ')).toBe(prose);
});

test('leaves a line that fits, a path that does not, and the spaces within a line', () => {
  expect(wrap('  A = pay\n\nB', 20)).toBe('  A = pay\n\nB');
  expect(wrap(`Report: ${'/a/long/path'.repeat(5)}`, 40)).toBe(`Report:\n${'/a/long/path'.repeat(5)}`);
});

test('indents what follows like its line, or under the text after a time', () => {
  expect(wrap('    one two three four five six', 24)).toBe('    one two three four\n    five six');
  expect(wrap('   117.2 ms  A writes paid over version 1: the write of B is lost', 42)).toBe(
    ['   117.2 ms  A writes paid over version 1:', '             the write of B is lost'].join('\n'),
  );
  expect(wrap('11:27:29.008  app-1  Marked what died with its instance as killed', 50)).toBe(
    ['11:27:29.008  app-1  Marked what died with its', '              instance as killed'].join('\n'),
  );
});

test('counts no colours, and keeps them within each line', () => {
  const red = '\u001b[31mred\u001b[39m';
  expect(wrap(`${red} ${red} ${red}`, 11)).toBe(`${red} ${red} ${red}`);
  expect(wrap(`one two three four ${red} five six`, 24)).toBe(`one two three four ${red}\nfive six`);
});
