import { expect, test } from 'vitest';
import { renderCosts } from './report.ts';

test('renders a row per mode with throughput, p99, and both relative to none', () => {
  const row = {
    mode: 'row',
    perSecond: 151.2,
    p99Ms: 411.27,
    notCarriedOut: 0.0312,
    besideNone: { perSecond: 0.284, p99Ms: 2.911 },
  };
  const [title, , head, line] = renderCosts({ title: 'every request for one user', costs: [row] }).split('\n');
  expect(title).toBe('every request for one user:');
  expect(head).toMatch(/│ mode │ requests\/s │ \/ none │ p99 ms │ \/ none │ not carried out │/);
  expect(line).toMatch(/│ row +│ +151 │ +0\.28 │ +411\.3 │ +2\.91 │ +3\.1 % │/);
});
