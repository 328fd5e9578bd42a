import type { TraceStep } from '../../../../lab/trace/event.ts';
import type { LockModeName } from '../../../../lock-modes/registry.ts';
import type { Step } from '../../trace/steps.ts';

/** A line of what a request runs. */
export interface CodeLine {
  readonly code: string;
  /** The steps of a trace that run it. */
  readonly steps: readonly TraceStep[];
}

const lease = ['SET PAYMENT_… owner NX PX ttl'];
const unlockLease = 'if PAYMENT_… is ours: DEL, or hand it on to the next';
/** What takes the lock, and what releases it. */
const locks: Readonly<Partial<Record<LockModeName, { lock: readonly string[]; release?: string }>>> = {
  memory: { lock: ['mutex.lock()'], release: 'mutex.unlock()' },
  naive: { lock: ['SET PAYMENT_… 1 NX PX ttl'], release: 'DEL PAYMENT_…' },
  redis: { lock: lease, release: unlockLease },
  redlock: {
    lock: ['on five servers, of which three must grant it: SET PAYMENT_… owner NX PX ttl'],
    release: unlockLease,
  },
  fenced: {
    lock: [...lease, 'UPDATE users SET fence = token WHERE id = ? AND fence < token'],
    release: unlockLease,
  },
  row: { lock: ['BEGIN', 'SELECT id FROM users WHERE id = ? FOR UPDATE NOWAIT'] },
  named: { lock: ["SELECT GET_LOCK('PAYMENT_…', 0)"], release: "SELECT RELEASE_LOCK('PAYMENT_…')" },
};

/** What comes before the read, the write and after it. */
const extras: Readonly<
  Partial<Record<LockModeName, { read?: string; check?: string; onlyIf?: string; end?: string }>>
> = {
  redis: { check: 'if the lease is over: write nothing' },
  redlock: { check: 'if the lease is over: write nothing' },
  fenced: { onlyIf: ' AND fence = token' },
  row: { end: 'COMMIT' },
  version: { onlyIf: ' AND version = the one read' },
  conditional: { onlyIf: ' AND paid = the one read' },
  serializable: { read: 'BEGIN; SELECT version FROM users WHERE id = ?', end: 'COMMIT' },
};

/** What a request runs in a mode, in order: its commands and statements, abridged. */
export function codeOf(mode: LockModeName): readonly CodeLine[] {
  const { lock = [], release } = locks[mode] ?? {};
  const { read, check, onlyIf = '', end } = extras[mode] ?? {};
  const lines = (steps: readonly TraceStep[], ...code: (string | undefined)[]) =>
    code.flatMap((one): CodeLine[] => (one === undefined ? [] : [{ code: one, steps }]));
  return [
    ...lines(['waiting', 'granted'], ...lock),
    ...lines(['read'], read, 'SELECT paid, version, … FROM users … WHERE id = ?'),
    ...lines(['decided'], 'already paid, or nothing to cancel: answer so'),
    ...lines(['charged'], 'pay: INSERT INTO charges …'),
    ...lines(['refunded'], 'cancel, or a refused pay: INSERT INTO refunds …'),
    ...lines(
      ['written', 'refused'],
      check,
      `UPDATE users SET paid = ?, … version = version + 1, … WHERE id = ?${onlyIf}`,
      end,
    ),
    ...lines(['released'], release),
  ];
}

/** Where the requests are when a step has just ended: each one's last step until then, by the request's name. */
export function positionsAt(steps: readonly Step[], id: string | undefined): ReadonlyMap<string, TraceStep> {
  const until = steps.findIndex(({ event }) => event.id === id);
  return new Map(steps.slice(0, until + 1).map(({ request, event }) => [request.name, event.step]));
}
