import type { AuditedUser } from '../../app/lab/audit-schema.ts';
import { checkLinearizability } from '../verify/linearizability.ts';
import type { Operation } from '../verify/operation.ts';
import { noWitnesses } from '../verify/verdict.ts';
import type { Violation } from '../verify/violation.ts';
import type { RunReport } from './run-report.ts';

/** @param us a time, in microseconds. */
const at = (us: number) => `2026-01-01T00:00:00.${String(us).padStart(6, '0')}Z`;

/** An inconsistent user. */
export const accessWithoutPaying: AuditedUser = {
  userId: 7,
  wrong: 'accessWithoutPaying',
  what: 'User 7 has access and paid nothing',
  requests: [
    {
      requestId: 'r-1',
      instance: 'app-1',
      command: 'pay',
      steps: [
        { at: at(1000), did: 'charged', chargeId: 3, amount: 4900 },
        { at: at(31_500), did: 'wrote', paid: true, readVersion: 4, overwroteVersion: 5, overwrote: 'r-2' },
      ],
    },
    {
      requestId: 'r-2',
      instance: 'app-2',
      command: 'cancel',
      steps: [
        { at: at(2250), did: 'refunded', chargeId: 3, amount: 4900 },
        { at: at(21_000), did: 'wrote', paid: false, readVersion: 4, overwroteVersion: 4 },
      ],
    },
  ],
};

/** A run that was violated. */
export const violatedRun: RunReport = {
  mode: 'none',
  instances: 3,
  requests: 1000,
  requestsPerSecond: 200,
  latencyMs: { p50: 20, p99: 100 },
  latencyPercentiles: [
    { percent: 0, ms: 2 },
    { percent: 50, ms: 20 },
    { percent: 90, ms: 60 },
    { percent: 99, ms: 100 },
    { percent: 100, ms: 200 },
  ],
  answers: { paid: 400, cancelled: 400, already_paid: 200 },
  errors: 0,
  overlapping: 500,
  witnesses: { ...noWitnesses, staleWrites: 1, chargedTwice: 2, linearizable: false },
  history: { users: 40, calls: 1234, unknown: 0, notLinearizable: 12, onlyByUnknown: 0 },
  verdict: 'violated',
  expected: 'violated',
};

/** A run that held. */
export const heldRun: RunReport = {
  ...violatedRun,
  mode: 'redis',
  requestsPerSecond: 150,
  witnesses: { ...violatedRun.witnesses, staleWrites: 0, chargedTwice: 0, linearizable: true },
  history: { ...violatedRun.history, notLinearizable: 0 },
  verdict: 'held',
  expected: 'held',
};

/** @throws when the history is linearizable. */
export function violationIn(history: readonly Operation[]): Violation {
  const checked = checkLinearizability(history);
  if (checked.linearizable) throw new Error('the history is linearizable');
  return checked.violation;
}
