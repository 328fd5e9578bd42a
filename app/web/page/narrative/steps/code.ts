import type { TraceStep } from '../../../../lab/trace/event.ts';
import type { LockModeName } from '../../../../lock-modes/registry.ts';
import type { Step } from '../../trace/steps.ts';

/** A line of what a request runs. */
export interface CodeLine {
  readonly code: string;
  /** The steps of a trace that run it. */
  readonly steps: readonly TraceStep[];
}

interface OwnLines extends Partial<Record<'read' | 'check' | 'onlyIf' | 'end' | 'release', string>> {
  readonly lock?: readonly string[];
}

const lease = 'SET PAYMENT_… owner NX PX ttl';
const release = 'if PAYMENT_… is ours: DEL, or hand it on to the next';
const check = 'if the lease is over: write nothing';
/** What a mode adds: around the critical section, before the read, and before, in and after the write. */
const ownLines: Readonly<Partial<Record<LockModeName, OwnLines>>> = {
  memory: { lock: ['mutex.lock()'], release: 'mutex.unlock()' },
  naive: { lock: ['SET PAYMENT_… 1 NX PX ttl'], release: 'DEL PAYMENT_…' },
  redis: { lock: [lease], check, release },
  redlock: { lock: [`on five servers, of which three must grant it: ${lease}`], check, release },
  fenced: {
    lock: [lease, 'UPDATE users SET fence = token WHERE id = ? AND fence < token'],
    onlyIf: ' AND fence = token',
    release,
  },
  row: { lock: ['BEGIN', 'SELECT id FROM users WHERE id = ? FOR UPDATE NOWAIT'], end: 'COMMIT' },
  named: { lock: ["SELECT GET_LOCK('PAYMENT_…', 0)"], release: "SELECT RELEASE_LOCK('PAYMENT_…')" },
  version: { onlyIf: ' AND version = the one read' },
  conditional: { onlyIf: ' AND paid = the one read' },
  serializable: { read: 'BEGIN; SELECT version FROM users WHERE id = ?', end: 'COMMIT' },
};

/** What a request runs in a mode, in order: its commands and statements, abridged. */
export function codeOf(mode: LockModeName): readonly CodeLine[] {
  const { lock = [], read, check, onlyIf = '', end, release } = ownLines[mode] ?? {};
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
