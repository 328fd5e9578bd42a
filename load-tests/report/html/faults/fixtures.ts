import type { EventData, TimelineEvent } from '../../../faults/evidence/timeline.ts';
import type { MatrixCell } from '../../../faults/matrix-cell.ts';
import { noWitnesses } from '../../../verify/verdict.ts';

/** An event; what most of them say is not shown. */
export const at = (atMs: number, data: EventData, what = 'an event'): TimelineEvent => ({ atMs, what, ...data });

const [a, b] = [
  { who: 'A', at: 'app-1' },
  { who: 'B', at: 'app-2' },
] as const;
const nodes = ['redlock-2', 'redlock-1', 'redlock-3'];

/** A holder is paused, and its rival is admitted. */
export const pausedTimeline: readonly TimelineEvent[] = [
  at(0.1, { kind: 'sent', ...a, userId: 7, command: 'pay', amount: 4900 }),
  ...nodes.map((node, index) => at(4 + index, { kind: 'granted', ...a, node, untilMs: 1004 + index })),
  at(20, { kind: 'charged', ...a, chargeId: 3, amount: 4900 }),
  at(30, { kind: 'held', ...a, before: 'write' }),
  at(31, { kind: 'goes-on', ...a }),
  at(35, { kind: 'fault', fault: 1, hits: ['app-1'] }, 'app-1 is paused'),
  at(35, { kind: 'remark' }, 'A has checked its lease'),
  at(36, { kind: 'sent', ...b, userId: 7, command: 'cancel', amount: 4900 }),
  ...nodes.map((node, index) => at(1004 + index, { kind: 'ended', who: 'A', node, how: 'expired' })),
  at(1040, { kind: 'granted', ...b, node: 'redlock-3', untilMs: 2040 }),
  at(1050, { kind: 'refunded', ...b, chargeId: 3, chargeOf: 'A' }),
  at(1060, { kind: 'wrote', ...b, paid: false, version: 1, readVersion: 0, isStale: false }),
  at(1065, { kind: 'answered', ...b, answer: 'cancelled' }),
  at(1070, { kind: 'healed', fault: 1, hits: ['app-1'] }),
  at(1072, { kind: 'wrote', ...a, paid: true, version: 2, readVersion: 0, isStale: true, lost: 'B' }),
  at(1075, { kind: 'answered', ...a, answer: 'paid' }),
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
  unknown: 0,
  onlyByUnknown: 0,
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
    at(120, { kind: 'fault', fault: 1, hits: ['redis'] }, 'redis killed'),
    at(320, { kind: 'healed', fault: 1, hits: ['redis'] }),
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
