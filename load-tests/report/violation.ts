import type { FlagValue, Operation } from '../verify/operation.ts';
import type { Violation } from '../verify/violation.ts';

/** How many calls are told: the last ones before the impossible answer. */
const maxShown = 30;

/** A call as it is told. */
export interface ShownCall {
  readonly operation: Operation;
  /** Since the first call that is told. */
  readonly fromMs: number;
  /** Absent when its end is unknown. */
  readonly toMs?: number;
  readonly isImpossible: boolean;
}

/** A violation in parts. */
export interface ViolationParts {
  /** What the calls started from. */
  readonly before: string;
  /** How many earlier calls are left out. */
  readonly leftOut: number;
  readonly calls: readonly ShownCall[];
  /** Why the impossible answer is impossible. */
  readonly why: string;
}

/** Picks what to tell of a violation: its last calls, and the impossible one. */
export function partsOf({ impossible, flag, operations, flagAtQuiet, pending }: Violation): ViolationParts {
  const shown = [...pending, ...operations].slice(-maxShown);
  const told = shown.includes(impossible) ? shown : [impossible, ...shown.slice(1)];
  const atQuiet = pending.length > 0 ? 'only calls of unknown outcome were under way' : 'nothing was under way';
  const startMs = Math.min(...told.map(({ invokedAtMs }) => invokedAtMs));
  return {
    before: `no order of these calls explains their answers. Before them the user was ${wordOf(flagAtQuiet)}, and ${atQuiet}:`,
    leftOut: pending.length + operations.length - told.length,
    calls: told.map((operation) => ({
      operation,
      fromMs: operation.invokedAtMs - startMs,
      ...(operation.answer !== 'unknown' && { toMs: operation.returnedAtMs - startMs }),
      isImpossible: operation === impossible,
    })),
    why: describeReason(impossible, flag),
  };
}

/** Tells a violation, one line a call, in milliseconds since the first of them; `who` is whom the history belongs to. */
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

const wordOf = (flag: FlagValue) => (flag === 'paid' ? 'paid' : 'unpaid');

function describeReason({ call, answer }: Operation, flag: FlagValue): string {
  const [needed, missing] = flag === 'paid' ? ['unpaid', 'cancel'] : ['paid', 'pay'];
  return `A ${call} is answered ${answer} only if the user was ${needed} meanwhile. The user was ${wordOf(flag)}, and no ${missing} is left that could have changed it.`;
}
