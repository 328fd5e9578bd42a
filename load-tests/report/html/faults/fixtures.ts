import type { TimelineEvent } from '../../../faults/evidence/timeline.ts';
import type { MatrixCell } from '../../../faults/matrix-cell.ts';
import { noWitnesses } from '../../../verify/verdict.ts';

/** A holder is paused, and its rival is admitted. */
export const pausedTimeline: readonly TimelineEvent[] = [
  {
    atMs: 0.1,
    what: 'A sends pay 4900 to app-1',
    kind: 'sent',
    who: 'A',
    at: 'app-1',
    userId: 7,
    command: 'pay',
    amount: 4900,
  },
  ...['redlock-2', 'redlock-1', 'redlock-3'].map(
    (node, index): TimelineEvent => ({
      atMs: 4 + index,
      what: `A is granted the lock on ${node} for 1000 ms`,
      kind: 'granted',
      who: 'A',
      at: 'app-1',
      node,
      untilMs: 1004 + index,
    }),
  ),
  { atMs: 20, what: 'A charges 4900', kind: 'charged', who: 'A', at: 'app-1', chargeId: 3, amount: 4900 },
  { atMs: 30, what: 'A is held before its write', kind: 'held', who: 'A', at: 'app-1', before: 'write' },
  { atMs: 31, what: 'A is resumed', kind: 'goes-on', who: 'A', at: 'app-1' },
  { atMs: 35, what: 'app-1 is paused', kind: 'fault', fault: 1, hits: ['app-1'] },
  { atMs: 35, what: 'A has checked its lease', kind: 'remark' },
  {
    atMs: 36,
    what: 'B sends cancel 4900 to app-2',
    kind: 'sent',
    who: 'B',
    at: 'app-2',
    userId: 7,
    command: 'cancel',
    amount: 4900,
  },
  ...['redlock-2', 'redlock-1', 'redlock-3'].map(
    (node, index): TimelineEvent => ({
      atMs: 1004 + index,
      what: `the lock of A on ${node} expires`,
      kind: 'ended',
      who: 'A',
      node,
      how: 'expired',
    }),
  ),
  {
    atMs: 1040,
    what: 'B is granted the lock on redlock-3 for 1000 ms',
    kind: 'granted',
    who: 'B',
    at: 'app-2',
    node: 'redlock-3',
    untilMs: 2040,
  },
  {
    atMs: 1050,
    what: 'B refunds the charge of A',
    kind: 'refunded',
    who: 'B',
    at: 'app-2',
    chargeId: 3,
    chargeOf: 'A',
  },
  {
    atMs: 1060,
    what: 'B wrote v1 (unpaid), decided on v0',
    kind: 'wrote',
    who: 'B',
    at: 'app-2',
    paid: false,
    version: 1,
    readVersion: 0,
    isStale: false,
  },
  { atMs: 1065, what: 'B is answered cancelled', kind: 'answered', who: 'B', at: 'app-2', answer: 'cancelled' },
  { atMs: 1070, what: 'the fault is over (app-1 is paused)', kind: 'healed', fault: 1, hits: ['app-1'] },
  {
    atMs: 1072,
    what: 'A wrote v2 (paid), decided on v0: v1 (unpaid) by B is lost',
    kind: 'wrote',
    who: 'A',
    at: 'app-1',
    paid: true,
    version: 2,
    readVersion: 0,
    isStale: true,
    lost: 'B',
  },
  { atMs: 1075, what: 'A is answered paid', kind: 'answered', who: 'A', at: 'app-1', answer: 'paid' },
];

/** A cell that was violated, as expected. */
export const violatedCell: MatrixCell = {
  scenario: 'paused-holder',
  mode: 'redlock',
  expected: 'violated',
  why: 'nothing checks again',
  verdict: 'violated',
  witnesses: { ...noWitnesses, staleWrites: 1, accessWithoutPaying: 1, linearizable: false },
  acknowledged: 2,
  lost: 1,
  unfinished: 0,
  unavailableMs: 0,
  durationMs: 1100,
  tries: 1,
  untested: [],
  asExpected: true,
  play: 1,
  notes: { rivalGotIn: true, nextInMs: 1234 },
  timeline: pausedTimeline,
};

/** A cell that held. */
export const heldCell: MatrixCell = {
  ...violatedCell,
  mode: 'fenced',
  expected: 'held',
  why: 'the row has a greater token',
  verdict: 'held',
  witnesses: { ...noWitnesses, linearizable: true },
  acknowledged: 1,
  lost: 0,
  notes: {},
  timeline: pausedTimeline.filter((event) => event.kind !== 'wrote' || !event.isStale),
};

/** A cell under load in which no request was served. */
export const loadCell: MatrixCell = {
  ...heldCell,
  scenario: 'node-lost',
  why: 'it fails closed',
  expected: 'unavailable',
  verdict: 'unavailable',
  unavailableMs: 1500,
  timeline: [
    { atMs: 120, what: 'redis killed', kind: 'fault', fault: 1, hits: ['redis'] },
    { atMs: 320, what: 'the fault is over (redis killed)', kind: 'healed', fault: 1, hits: ['redis'] },
  ],
  load: {
    fromMs: 20,
    bucketMs: 100,
    buckets: [
      { carriedOut: 8, refused: 0, unknown: 0 },
      { carriedOut: 0, refused: 4, unknown: 2 },
      { carriedOut: 0, refused: 3, unknown: 0 },
      { carriedOut: 6, refused: 0, unknown: 0 },
    ],
  },
};

/** A cell in which nothing was tested. */
export const inconclusiveCell: MatrixCell = {
  ...heldCell,
  scenario: 'node-lost',
  mode: 'redlock',
  verdict: 'inconclusive',
  asExpected: false,
  inconclusive: 'A was late',
  witnesses: null,
  acknowledged: 0,
  tries: 3,
  untested: ['B was late', 'B was late', 'A was late'],
  timeline: [],
};
