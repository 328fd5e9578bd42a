import { formatAmount } from '../../format.ts';
import { groupBy } from '../../trace/group-by.ts';
import type { Step } from '../../trace/steps.ts';
import { fitting } from './labels.ts';
import type { Row } from './lanes.ts';
import type { Extent, PlacedTrace } from './place.ts';
import { executionRowOf, lockRowOf, requestRowOf, rowOf } from './rows.ts';

/** A span under the marks that is not a step. */
export interface Span extends Extent {
  /** A `pay` or `cancel` request; its `execution` on the instance; a `wait` without a grant; a lock's `hold`. */
  readonly kind: 'pay' | 'cancel' | 'execution' | 'wait' | 'hold';
  readonly row: Row;
  /** The step that is described when the pointer is on it. */
  readonly step: Step;
  readonly label: string;
  /** True if its end is unknown. */
  readonly isOpen: boolean;
}

/** The spans under the marks: requests, executions, and open waits and holds. */
export function findSpans(trace: PlacedTrace): readonly Span[] {
  return [...requestSpans(trace), ...openSpans(trace)];
}

/** A request, and its execution: from its arrival at its instance to its answer, as far as they are known. */
function requestSpans({ steps, requests, extentOf, xOf, right }: PlacedTrace): readonly Span[] {
  return requests.flatMap((request): readonly Span[] => {
    const own = steps.filter((step) => step.request === request);
    const [first, last] = [own[0], own.at(-1)];
    if (!first || !last) return [];
    const answered = own.findLast(({ event }) => event.step === 'answered');
    const left = first.event.step === 'arrived' ? xOf(first) : extentOf(first).left;
    const end = last.event.step === 'answered' ? xOf(last) : extentOf(last).right;
    // Neither its arrival nor its answer was recorded: what is known ends with its last step.
    const isPart = !answered && own.every(({ event }) => event.step !== 'arrived');
    const to = answered ? xOf(answered) : isPart ? end : right;
    const { httpStatus, outcome } = answered?.event ?? {};
    const ending = answered ? [httpStatus, outcome].filter((part) => part !== undefined).join(' ') : 'no answer yet';
    const asked = request.amount > 0 ? `${request.kind} ${formatAmount(request.amount)}` : request.kind;
    const label = fitting(isPart ? [asked, ''] : [`${asked} → ${ending}`, `→ ${ending}`, ending, ''], to - left - 32);
    const life = { kind: request.kind, row: requestRowOf(request), step: answered ?? first, label };
    return [
      { ...life, left, right: to, isOpen: answered === undefined },
      { kind: 'execution', row: executionRowOf(request), step: first, left, right: end, label: '', isOpen: false },
    ];
  });
}

/** Waits without a grant, and locks that are still held: the trace is not over, or events are missing. */
function openSpans(trace: PlacedTrace): readonly Span[] {
  const requests = groupBy(trace.steps, ({ request }) => request.requestId);
  return [...requests.values()].flatMap((own) =>
    own.flatMap((step, index) => openSpan(trace, step, own.slice(index + 1))),
  );
}

/** @param later the request's steps after it. */
function openSpan(trace: PlacedTrace, step: Step, later: readonly Step[]): Span | [] {
  const isWait = step.event.step === 'waiting';
  if (!isWait && step.event.step !== 'granted') return [];
  const next = isWait ? later[0] : later.find(({ event }) => event.step === 'released' || event.step === 'granted');
  if (next?.event.step === (isWait ? 'granted' : 'released')) return []; // it is a step
  // An answered request has left its critical section, even if the event is missing.
  const until = next ?? later.find(({ event }) => event.step === 'answered');
  const left = trace.extentOf(step).right;
  const right = until ? trace.extentOf(until).left : trace.right;
  if (right - left < 4) return [];
  const { name } = step.request;
  const labels = isWait
    ? [`${name} waits for the lock`, `${name} waits`, '…', '']
    : [`${name} holds the lock`, `${name} holds`, 'h', ''];
  const row = isWait ? rowOf(step) : lockRowOf(step);
  const label = fitting(labels, right - left - 8);
  return { kind: isWait ? 'wait' : 'hold', row, step, left, right, label, isOpen: until === undefined };
}
