import { expect, test } from 'vitest';
import { renderCosts } from './report.ts';

test('a row a mode: what it serves, how long the slowest wait, and both beside none', () => {
  const row = {
    mode: 'row',
    perSecond: 151.2,
    p99Ms: 411.27,
    notCarriedOut: 0.0312,
    besideNone: { perSecond: 0.284, p99Ms: 2.911 },
  };
  const [title, , head, line] = renderCosts({ title: 'everybody after one user', costs: [row] }).split('\n');
  expect(title).toBe('everybody after one user:');
  expect(head).toMatch(/│ mode │ requests\/s │ beside none │ p99 ms │ beside none │ not carried out │/);
  expect(line).toMatch(/│ row +│ +151 │ +0\.28 │ +411\.3 │ +2\.91 │ +3\.1 % │/);
});
