import { expect, test } from 'vitest';
import type { MatrixCell } from '../../../faults/matrix-cell.ts';
import { accessWithoutPaying, violationIn } from '../../fixtures.ts';
import { mistakesIn } from '../well-formed.ts';
import { heldCell, inconclusiveCell, loadCell, pausedTimeline, violatedCell } from './fixtures.ts';
import { type FaultPage, renderFaultPage } from './page.tsx';

const cells = [violatedCell, heldCell, loadCell, inconclusiveCell];
const pageOf = (run: readonly MatrixCell[]): FaultPage => ({
  report: { asExpected: run.every(({ asExpected }) => asExpected), seed: 12, cells: run },
  scenarios: [
    {
      name: 'paused-holder',
      claim: 'A pause breaks any lock.',
      source: 'Kleppmann, https://martin.kleppmann.com/x.html, "Protecting"',
      fault: 'SIGSTOP',
    },
    { name: 'node-lost', claim: 'Redlock goes on.', source: 'Redis documentation', fault: 'SIGKILL' },
  ],
  modes: ['redlock', 'fenced', 'row'],
  writtenAt: new Date('2026-01-02T03:04:05Z'),
});
const shown = renderFaultPage(pageOf(cells));

/** The text of a part of the page, as it is read. */
const textOf = (part: string) =>
  part
    .replace(/<[^>]*>/g, '')
    .replace(/\s+/g, ' ')
    .trim();
const rowOf = (scenario: string) => {
  const row = shown.split('<tr>').find((candidate) => candidate.includes(`href="#${scenario}"`)) ?? '';
  return [...row.matchAll(/<td class="([^"]*)">(.*?)<\/td>/gs)].map(
    ([, style, cell = '']) => `${style?.trim()}: ${textOf(cell)}`,
  );
};
const detailsOf = (anchor: string) => {
  const [, details = ''] = shown.split(`<div id="${anchor}"`);
  return details.slice(0, details.indexOf('</details>'));
};

test('is well-formed, and fetches and runs nothing', () => {
  expect(mistakesIn(shown)).toEqual([]);
  expect(shown).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
});

test('the matrix shows each cell’s verdict by a sign and a word, and whether it was expected', () => {
  expect(rowOf('paused-holder')).toEqual([
    'violated: ✕ violated, as expected: timeline of paused-holder in redlock',
    'held: ✓ held, as expected: timeline of paused-holder in fenced',
    'none: – does not apply, or was not run',
  ]);
  expect(rowOf('node-lost')).toEqual([
    'inconclusive surprise: ? inconclusive (held was expected): timeline of node-lost in redlock',
    'unavailable: ○ unavailable, as expected: timeline of node-lost in fenced',
    'none: – does not apply, or was not run',
  ]);
});

test('every link has a target, and every cell links to its own timeline', () => {
  const ids = [...shown.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
  const targets = [...shown.matchAll(/href="#([^"]*)"/g)].map(([, target]) => target);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual(expect.arrayContaining(targets));
  expect(targets).toEqual(expect.arrayContaining(cells.map(({ scenario, mode }) => `${scenario}--${mode}`)));
  expect(detailsOf('paused-holder--fenced')).toContain('the row has a greater token');
});

test('a scenario shows its claim, a link to its source, and its fault', () => {
  const [, , article = ''] = /(<article id="paused-holder">)(.*?)<details/s.exec(shown) ?? [];
  expect(textOf(article)).toBe(
    'paused-holderA pause breaks any lock.Kleppmann, https://martin.kleppmann.com/x.html, &quot;Protecting&quot;The fault: SIGSTOP.',
  );
  expect(article).toContain('<a href="https://martin.kleppmann.com/x.html">');
});

test('a cell shows what was expected and why, its events, each witness and the figures', () => {
  const details = detailsOf('paused-holder--redlock');
  const text = textOf(details);
  expect(text).toContain('Expected: violated, because nothing checks again.');
  expect(text).toContain('Fault: app-1 is paused.');
  expect(text).toContain('A has checked its lease.');
  expect(text).toContain('The fault is over: “app-1 is paused”.');
  expect(details).toContain('✕ wrote v2 (paid), decided on v0: v1 (unpaid) is lost</text>');
  expect(details).toContain('<strong>✕ Lost update, user 7: A (pay) wrote v2 (paid), decided on v0: v1 (unpaid) by B');
  expect(text).toContain('✕ The database, from inside: 1 stale write');
  expect(text).toContain('✕ The ledger: 1 user with access without paying');
  expect(text).toContain('✕ The clients’ history: no order of the calls explains their answers');
  expect(text).toMatch(/updates acknowledged ?2 ?updates lost ?1 \(50\.0 % of these\)/);
  expect(text).toMatch(/rival got in ?yes ?next in \(ms\) ?1,234/);
});

test('each witness without a finding says so', () => {
  const text = textOf(detailsOf('paused-holder--fenced'));
  expect(text).toContain('✓ The database, from inside: no stale write');
  expect(text).toContain('✓ The ledger: flag and charges agree for every user');
  expect(text).toContain('✓ The clients’ history: some order of the calls explains all answers');
});

test('a load shows its answers over time, with the fault as a band to the same scale', () => {
  const details = detailsOf('node-lost--fenced');
  expect(textOf(details)).toContain('Answers per 100 ms, 8 at the most; the fault lasts from 100 to 300 ms');
  expect(textOf(details)).toContain(' carried out: 14 refused: 7 outcome unknown: 2');
  expect(details).toContain('<rect class="band" x="25%" width="50%" height="120"></rect>');
  expect(details).toContain('<rect class="carried-out" x="0.00%" y="0" width="20.00%" height="120"></rect>');
  expect(details).toContain('<rect class="refused" x="25.00%" y="60" width="20.00%" height="60"></rect>');
  expect(details).toContain('<rect class="unknown" x="25.00%" y="30" width="20.00%" height="30"></rect>');
  expect(details).not.toContain('class="diagram"');
});

test('a violated load shows an inconsistent user, and calls that no order explains', () => {
  const violation = violationIn([
    { call: 'pay', answer: 'paid', invokedAtMs: 0, returnedAtMs: 31.26 },
    { call: 'pay', answer: 'paid', invokedAtMs: 0.5, returnedAtMs: 40 },
  ]);
  const wronged = { ...loadCell, wronged: accessWithoutPaying, unexplained: { userId: 901, violation } };
  const page = renderFaultPage(pageOf([wronged]));
  expect(page).toContain('<figcaption>User 7 has access and paid nothing</figcaption>');
  expect(page).toContain('User 901: no order of these calls explains their answers.');
  expect(mistakesIn(page)).toEqual([]);
});

test('a missed fault with a violation is not shown as a cell in which nothing was tested', () => {
  const missed = { ...violatedCell, inconclusive: 'A was late', expected: 'held', asExpected: false } as const;
  const text = textOf(renderFaultPage(pageOf([missed])));
  expect(text).toContain('The fault was missed, but a witness found a violation: A was late.');
  expect(text).not.toContain('Nothing was tested');
});

test('an inconclusive cell is open, and says why', () => {
  expect(textOf(detailsOf('node-lost--redlock'))).toContain('Nothing was tested: A was late.');
  expect(textOf(detailsOf('node-lost--redlock'))).toContain('The witnesses were not asked: A was late.');
});

test('unfolds what was not expected, and one cell of each scenario: a violation, if there is one', () => {
  const open = (page: string) =>
    [...page.matchAll(/<details( open)?><summary><h4><span class="mode">(.*?)<\/span>/g)].map(
      ([, isOpen, mode]) => `${mode} ${isOpen === undefined ? 'folded' : 'open'}`,
    );
  expect(open(shown)).toEqual(['redlock open', 'fenced folded', 'fenced open', 'redlock open']);
  expect(open(renderFaultPage(pageOf([heldCell, violatedCell])))).toEqual(['fenced folded', 'redlock open']);
});

test('an unexpectedly admitted third request is marked, whatever the verdict', () => {
  const third = { ...heldCell, thirdGotIn: true, expectedThirdGotIn: false, asExpected: false };
  const page = renderFaultPage(pageOf([third]));
  expect(page).toContain('<td class="held surprise">');
  expect(textOf(page)).toContain('(third request admitted, expected blocked)');
  expect(textOf(page)).toContain('Not as expected: third request admitted, expected blocked.');
  expect(page).toContain('<details open>');
});

test('each repetition of a cell has its own link and timeline', () => {
  const page = renderFaultPage(pageOf([heldCell, { ...heldCell, play: 2 }]));
  for (const anchor of ['paused-holder--fenced', 'paused-holder--fenced--2']) {
    expect(page).toContain(`href="#${anchor}"`);
    expect(page).toContain(`id="${anchor}"`);
  }
  expect(page).toContain('<span class="mode">fenced, repetition 2</span>');
});

test('sums up the verdicts at its head', () => {
  const leadOf = (page: string) => textOf(/<p class="lead">(.*?)<\/p>/s.exec(page)?.[1] ?? '');
  expect(leadOf(shown)).toBe(
    '4 cells: 1 violated, 1 held, 1 unavailable, 1 inconclusive. Not as expected: node-lost, redlock: inconclusive (A was late), expected held, because the row has a greater token.',
  );
  expect(leadOf(renderFaultPage(pageOf([heldCell])))).toBe('1 cell: 1 held. All as expected.');
});

test('lists the conditions of the measurement', () => {
  const text = shown.replace(/<\/dt><dd>/g, ': ');
  for (const condition of ['Scenarios: 2', 'Modes: redlock, fenced, row', 'Cells: 4', 'Took: 4 s', 'Seed: 12']) {
    expect(text).toContain(`<dt>${condition}<`);
  }
  expect(text).toContain('<dt>Written: 2026-01-02T03:04:05.000Z<');
});

test('escapes all input', () => {
  const nasty = `"><script>alert('&')</script>`;
  const timeline = pausedTimeline.map((event) => ({
    ...event,
    what: nasty,
    ...('who' in event && { who: nasty }),
    ...('lost' in event && { lost: nasty }),
    ...('answer' in event && { answer: nasty }),
  }));
  const texts = { why: nasty, inconclusive: nasty, untested: [nasty, nasty], timeline };
  const cell = {
    ...violatedCell,
    ...texts,
    notes: { [nasty]: nasty },
    wronged: { ...accessWithoutPaying, what: nasty },
  };
  const page = pageOf([cell, { ...loadCell, ...texts, wronged: cell.wronged }]);
  const scenarios = page.scenarios.map((scenario) => ({
    ...scenario,
    claim: nasty,
    source: `https://x/${nasty}`,
    fault: nasty,
  }));
  const rendered = renderFaultPage({ ...page, scenarios });
  expect(mistakesIn(rendered)).toEqual([]);
  expect(rendered).not.toContain('<script');
});

test('is well-formed with nothing to show', () => {
  const nothing: MatrixCell = {
    ...loadCell,
    timeline: [],
    load: { fromMs: 0, bucketMs: 100, buckets: [{ carriedOut: 0, refused: 0, unknown: 0 }] },
  };
  const one: MatrixCell = { ...heldCell, timeline: pausedTimeline.slice(0, 1), acknowledged: 0 };
  for (const run of [[], [nothing], [one], [nothing, one]]) {
    const rendered = renderFaultPage(pageOf(run));
    expect(mistakesIn(rendered)).toEqual([]);
    expect(rendered).not.toMatch(/NaN|Infinity|undefined/);
  }
});
