import type { FlagValue, Operation } from '../verify/operation.ts';
import type { Violation } from '../verify/violation.ts';

/** How many calls are told: the last ones before the impossible answer. */
const mostTold = 30;

/** Tells a violation, one line a call, in milliseconds since the first of them; `who` is whom the history belongs to. */
export function tellViolation(who: string, violation: Violation): string[] {
  const { impossible, flag, operations, flagAtQuiet, pending } = violation;
  const shown = [...pending, ...operations].slice(-mostTold);
  const told = shown.includes(impossible) ? shown : [impossible, ...shown.slice(1)];
  const left = pending.length + operations.length - told.length;
  const atQuiet = pending.length > 0 ? 'only calls of unknown outcome were under way' : 'nothing was under way';
  const startMs = Math.min(...told.map(({ invokedAtMs }) => invokedAtMs));
  return [
    `${who}: no order of these calls explains their answers. Before them the user was ${flagAtQuiet}, and ${atQuiet}:`,
    ...(left > 0 ? [`  (${left} earlier calls are left out)`] : []),
    ...told.map((operation) => `  ${tellCall(operation, startMs)}${operation === impossible ? '  <- impossible' : ''}`),
    `  ${tellWhy(impossible, flag)}`,
  ];
}

function tellCall({ call, answer, invokedAtMs, returnedAtMs, requestId }: Operation, startMs: number): string {
  const [from, to] = [invokedAtMs, returnedAtMs].map((ms) => (ms - startMs).toFixed(1).padStart(8));
  const by = requestId === undefined ? '' : `, request ${requestId}`;
  return `${from} to ${answer === 'unknown' ? '       ?' : to} ms  ${call.padEnd(6)} ${answer}${by}`;
}

function tellWhy({ call, answer }: Operation, flag: FlagValue): string {
  const needed = flag === 'paid' ? 'free' : 'paid';
  const missing = flag === 'paid' ? 'cancel' : 'pay';
  return `A ${call} is answered ${answer} only if the user was ${needed} meanwhile. The user was ${flag}, and no ${missing} is left that could have changed it.`;
}
