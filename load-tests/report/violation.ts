import type { FlagValue, Operation } from '../verify/operation.ts';
import type { Violation } from '../verify/violation.ts';

/** Maximum number of calls shown: the last ones before the impossible answer. */
const maxShown = 30;

/** A call that is shown. */
export interface ShownCall {
  readonly operation: Operation;
  /** Since the first call that is shown. */
  readonly fromMs: number;
  /** Absent if its end is unknown. */
  readonly toMs?: number;
  readonly isImpossible: boolean;
}

/** A violation in parts. */
export interface ViolationParts {
  /** The state before the first call. */
  readonly before: string;
  /** Number of earlier calls that are left out. */
  readonly leftOut: number;
  readonly calls: readonly ShownCall[];
  /** Why the impossible answer is impossible. */
  readonly why: string;
}

/** Picks the calls to show: the last ones, and the impossible one. */
export function partsOf({ impossible, flag, operations, flagAtQuiet, pending }: Violation): ViolationParts {
  const shown = [...pending, ...operations].slice(-maxShown);
  const listed = shown.includes(impossible) ? shown : [impossible, ...shown.slice(1)];
  const atQuiet = pending.length > 0 ? 'only calls of unknown outcome were in flight' : 'no call was in flight';
  const startMs = Math.min(...listed.map(({ invokedAtMs }) => invokedAtMs));
  return {
    before: `no order of these calls explains their answers. Before them the user was ${nameOf(flagAtQuiet)}, and ${atQuiet}:`,
    leftOut: pending.length + operations.length - listed.length,
    calls: listed.map((operation) => ({
      operation,
      fromMs: operation.invokedAtMs - startMs,
      ...(operation.answer !== 'unknown' && { toMs: operation.returnedAtMs - startMs }),
      isImpossible: operation === impossible,
    })),
    why: describeReason(impossible, flag),
  };
}

/** Describes a violation, one line per call, in milliseconds since the first. @param who the user, as the lines begin. */
export function describeViolation(who: string, violation: Violation): string[] {
  const { before, leftOut, calls, why } = partsOf(violation);
  return [
    `${who}: ${before}`,
    ...(leftOut > 0 ? [`  (${leftOut} earlier calls are left out)`] : []),
    ...calls.map((call) => `  ${describeCall(call)}${call.isImpossible ? '  <- impossible' : ''}`),
    `  ${why}`,
  ];
}

function describeCall({ operation: { call, answer, requestId }, fromMs, toMs }: ShownCall): string {
  const [from, to] = [fromMs.toFixed(1), toMs?.toFixed(1) ?? '?'].map((ms) => ms.padStart(8));
  const by = requestId === undefined ? '' : `, request ${requestId}`;
  return `${from} to ${to} ms  ${call.padEnd(6)} ${answer}${by}`;
}

const nameOf = (flag: FlagValue) => (flag === 'paid' ? 'paid' : 'unpaid');

function describeReason({ call, answer }: Operation, flag: FlagValue): string {
  const [needed, missing] = flag === 'paid' ? ['unpaid', 'cancel'] : ['paid', 'pay'];
  return `A ${call} is answered ${answer} only if the user was ${needed} meanwhile. The user was ${nameOf(flag)}, and no ${missing} is left that could have changed it.`;
}
