import { expect, test } from 'vitest';
import { accessWithoutPaying, heldRun, violatedRun, violationIn } from '../fixtures.ts';
import { type Page, renderPage } from './page.tsx';
import { mistakesIn } from './well-formed.ts';

const violation = violationIn([
  { call: 'pay', answer: 'paid', invokedAtMs: 0, returnedAtMs: 31.26, requestId: 'h-1' },
  { call: 'pay', answer: 'paid', invokedAtMs: 0.5, returnedAtMs: 40, requestId: 'h-2' },
]);

const runs = [violatedRun, heldRun];
const page: Page = {
  report: {
    demonstrated: true,
    amounts: 1,
    lockKey: 'payment',
    seed: 12,
    environment: { node: 'v20.1.2', mysql: '11.8', redis: '7.4', nginx: '1.26', cpus: 2 },
    runs,
  },
  results: [
    { report: violatedRun, inconsistent: [accessWithoutPaying], unexplained: { userId: 901, violation } },
    { report: heldRun, inconsistent: [] },
  ],
  load: { users: 50, connections: 32, seconds: 5 },
  writtenAt: new Date('2026-01-02T03:04:05Z'),
};

test('is well-formed, and fetches and runs nothing', () => {
  expect(mistakesIn(renderPage(page))).toEqual([]);
  expect(renderPage(page)).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
});

test('shows each mode’s figures, its throughput beside its violations, and its latency', () => {
  const shown = renderPage(page);
  expect(shown).toContain('<th scope="row">none</th><td class="right">1,000</td><td class="right">200</td>');
  expect(shown).toMatch(/200 requests\/s<.*✕<\/span> violated<.*1 stale write · 2 users charged twice · 12 histories/s);
  expect(shown).toMatch(/style="width:75\.0%;".*150 requests\/s<.*✓<\/span> held<.*no violation/s);
  expect(shown).toContain('half within 20.0, 99 % within 100, all within 200 ms');
});

test('shows an inconsistent user’s steps, as a picture and as a table', () => {
  const shown = renderPage(page);
  expect(shown).toContain('<figcaption>User 7 has access and paid nothing</figcaption>');
  expect(shown).toContain('✕ wrote v6 (paid), decided on v4: v5 (unpaid) is lost</text>');
  expect(shown.match(/<g class="arrow"/g)).toHaveLength(1);
  expect(shown).toContain(
    '<strong>✕ Lost update, user 7: A (pay) wrote v6 (paid), decided on v4: v5 (unpaid) by B (cancel) is lost.</strong>',
  );
  expect(shown).toContain('The time of a read is not recorded');
  expect(shown).toContain('A is request <code>r-1</code>. B is request <code>r-2</code>.');
  expect(shown).not.toContain('no answer yet'); // none is recorded
});

test('has nothing that takes a script: no options, and nothing to focus but boxes that scroll', () => {
  const shown = renderPage(page);
  expect(shown).not.toMatch(/role="(?:option|listbox)"|tabindex="-1"|<button/);
  expect(shown.match(/ tabindex="0"/g)).toHaveLength(3);
});

test('shows the calls that no order explains, and which answer is impossible', () => {
  const shown = renderPage(page);
  expect(shown).toContain('User 901: no order of these calls explains their answers.');
  expect(shown).toContain('>pay → paid ✕ impossible</text>');
  expect(shown).toContain('0.5 to 40.0 ms</span> <span>✕ pay paid, request <code>h-2</code> (impossible)</span>');
  expect(shown).toContain('no cancel is left that could have changed it.</p>');
});

test('says when a mode’s verdict is not the expected one', () => {
  const wrong = { ...heldRun, verdict: 'inconclusive' } as const;
  const report = { ...page.report, demonstrated: false, runs: [violatedRun, wrong] };
  const shown = renderPage({ ...page, report, results: [{ report: wrong, inconsistent: [] }] });
  expect(shown).toContain('Not as expected: redis inconclusive.');
  expect(shown).toContain('(held was expected)');
  expect(renderPage(page)).toContain('<p class="lead">Every mode was as expected: none violated, redis held.</p>');
  const onlyHeld = { ...page, report: { ...page.report, runs: [heldRun] } };
  expect(renderPage(onlyHeld)).toContain('<p class="lead">Every mode was as expected: redis held.</p>');
  expect(shown).not.toContain('Every mode was as expected');
});

test('lists the conditions of the measurement', () => {
  const text = renderPage(page).replace(/<\/dt><dd>/g, ': ');
  for (const condition of [
    'Load: 50 users, 32 connections, 5 s per mode',
    'Instances: 3',
    'Seed: 12',
    'Node.js: v20.1.2',
    'MySQL: 11.8',
    'Redis: 7.4',
    'nginx: 1.26',
    'Processors: 2',
    'Written: 2026-01-02T03:04:05.000Z',
  ]) {
    expect(text).toContain(`<dt>${condition}<`);
  }
});

test('escapes all input', () => {
  const nasty = `"><script>alert('&')</script>`;
  const report = { ...violatedRun, mode: nasty };
  const environment = { node: nasty, mysql: nasty, redis: nasty, nginx: nasty, cpus: 2 };
  const requests = accessWithoutPaying.requests.map((request) => ({ ...request, requestId: nasty, instance: nasty }));
  const operations = violation.operations.map((operation) => ({ ...operation, requestId: nasty }));
  const unexplained = { userId: 901, violation: { ...violation, operations } };
  const shown = renderPage({
    ...page,
    report: { ...page.report, environment, runs: [report] },
    results: [{ report, inconsistent: [{ ...accessWithoutPaying, what: nasty, requests }], unexplained }],
  });
  expect(mistakesIn(shown)).toEqual([]);
  expect(shown).not.toContain('<script');
});

test('is well-formed without answers, times or steps', () => {
  const latencyMs = { p50: 0, p99: 0 };
  const empty = { ...heldRun, requests: 0, requestsPerSecond: 0, latencyMs, latencyPercentiles: [] };
  const of = (runs: Page['report']['runs']) =>
    renderPage({
      ...page,
      report: { ...page.report, runs },
      results: runs.map((report) => ({ report, inconsistent: [{ ...accessWithoutPaying, requests: [] }] })),
    });
  for (const runs of [[empty], [violatedRun, empty], [empty, violatedRun]]) {
    expect(mistakesIn(of(runs))).toEqual([]);
    expect(of(runs)).not.toMatch(/NaN|Infinity|undefined/);
  }
});
