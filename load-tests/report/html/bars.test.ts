import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { expect, test } from 'vitest';
import { heldRun, violatedRun } from '../fixtures.ts';
import { Bars } from './bars.tsx';
import { elementsOf } from './elements.ts';

const drawn = (...runs: (typeof heldRun)[]) => renderToString(h(Bars, { runs }));
const violationsOf = (run: typeof heldRun) => /<span class="wrongs">(.*?)<\/span>/.exec(drawn(run))?.[1];

test('scales the bars to the fastest mode', () => {
  const slow = { ...heldRun, requestsPerSecond: 50 };
  const bars = elementsOf(drawn(violatedRun, heldRun, slow), 'span').filter(({ style }) => style);
  expect(bars.map(({ style }) => style)).toEqual(['width:100.0%;', 'width:75.0%;', 'width:25.0%;']);
});

test('counts each kind of violation, in singular and plural', () => {
  /** What is said of a run with this many violations of each kind. */
  const found = (count: number, staleWrites = count) =>
    violationsOf({
      ...violatedRun,
      witnesses: {
        ...violatedRun.witnesses,
        staleWrites,
        accessWithoutPaying: count,
        chargedTwice: count,
        chargedWithoutAccess: count,
      },
      history: { ...violatedRun.history, notLinearizable: count },
    });
  expect(found(1)).toBe(
    '1 stale write · 1 user with access without paying · 1 user charged twice · 1 user charged without access · 1 history that no order explains',
  );
  expect(found(2, 2000)).toBe(
    '2,000 stale writes · 2 users with access without paying · 2 users charged twice · 2 users charged without access · 2 histories that no order explains',
  );
});

test('says that nothing was violated, or that nothing was tested', () => {
  expect(violationsOf(heldRun)).toBe('no violation');
  const inconclusive = { ...heldRun, verdict: 'inconclusive' } as const;
  expect(violationsOf(inconclusive)).toBe('too few requests overlapped or were carried out to test anything');
  const unclear = { ...inconclusive, history: { ...heldRun.history, unknown: 90, onlyByUnknown: 30 } };
  expect(violationsOf(unclear)).toBe('calls of unknown outcome explain too many answers to test anything');
});
