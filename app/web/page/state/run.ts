import type { TraceEvent } from '../../../lab/trace/event.ts';
import type { LockModeName } from '../../../lock-modes/registry.ts';
import type { User } from '../../../payments/users.ts';
import type { Problem } from '../api/http.ts';
import type { PlannedCall } from './plan.ts';

/** How a call to the service ended. `tookMs` is as long as the browser waited. */
export type CallAnswer =
  /** 200: `status` is paid, already_paid, cancelled or nothing_to_cancel. */
  | { readonly outcome: 'answered'; readonly status: string; readonly tookMs: number; readonly instance: string }
  | (Problem & { readonly outcome: 'problem'; readonly tookMs: number; readonly instance: string })
  /** No answer at all: the connection was refused or broken, or it took too long. */
  | { readonly outcome: 'unreachable'; readonly tookMs: number };

/** A call that a run has made. */
export interface MadeCall extends PlannedCall {
  readonly requestId: string;
  /** After the run's beginning, by the browser's monotonic clock; undefined until it is sent. */
  readonly sentMs?: number;
  /** undefined while it is in progress. */
  readonly answer?: CallAnswer;
}

/** One run in one mode on one user, as known so far. */
export interface Run {
  readonly mode: LockModeName;
  readonly user: User;
  /** The user after the run; undefined before, or if the user could not be read. */
  readonly after?: User;
  readonly calls: readonly MadeCall[];
  /** In the order in which they came. */
  readonly events: readonly TraceEvent[];
  readonly state: 'preparing' | 'running' | 'done';
}

/** The total lock wait of a request; undefined if it never waited. */
export function waitOf(events: readonly TraceEvent[], requestId: string): number | undefined {
  const waits = events.filter((event) => event.requestId === requestId && event.step === 'granted');
  return waits.length > 0 ? waits.reduce((sum, { tookMs }) => sum + tookMs, 0) : undefined;
}

/** True if a request is waiting for its guard. */
export function isWaiting(events: readonly TraceEvent[], requestId: string): boolean {
  const own = events.filter((event) => event.requestId === requestId);
  const last = own.findLast(({ step }) => step === 'waiting' || step === 'granted' || step === 'answered');
  return last?.step === 'waiting';
}
