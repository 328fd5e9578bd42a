import type { TraceEvent } from '../../../lab/trace/event.ts';
import { formatAmount } from './format.ts';
import { inOrder } from './in-order.ts';
import { isStaleWrite } from './stale-write.ts';

/** A moment of a run in a few words, for a list that reads like a script. */
export interface LogLine {
  readonly id: string;
  readonly kind: 'pay' | 'cancel';
  readonly requestId: string;
  /** After the run's first event. */
  readonly ms: number;
  readonly text: string;
  readonly tone: 'fine' | 'bad' | 'blocked';
}

/** Tells what happened, step by step; steps that say nothing new are left out. */
export function describeEvents(events: readonly TraceEvent[]): LogLine[] {
  const ordered = inOrder(events);
  const first = ordered[0];
  if (!first) return [];
  const beganAt = Math.min(...ordered.map(({ wallMs, tookMs, step }) => (step === 'read' ? wallMs - tookMs : wallMs)));
  return ordered.flatMap((event) => {
    const text = describeEvent(event);
    if (text === undefined) return [];
    const { id, kind, requestId, wallMs } = event;
    return [{ id, kind, requestId, ms: wallMs - beganAt, text, tone: toneOf(event) }];
  });
}

function toneOf(event: TraceEvent): LogLine['tone'] {
  if (isStaleWrite(event)) return 'bad';
  return event.step === 'waiting' || event.step === 'refused' ? 'blocked' : 'fine';
}

function describeDecision({ decision, amount }: TraceEvent): string | undefined {
  if (decision === 'charge') return `decides to have ${formatAmount(amount)} charged`;
  if (decision === 'refund') return `decides to have ${formatAmount(amount)} refunded`;
  return undefined;
}

const flag = (paid: boolean | undefined) => (paid ? '“paid”' : '“free”');

function describeWrite(event: TraceEvent): string {
  const { paid, overwrote, readVersion } = event;
  if (overwrote === undefined)
    return `writes ${flag(paid)}, having read version ${readVersion}: over what, the trace does not show`;
  const over = `writes ${flag(paid)} over version ${overwrote}`;
  return isStaleWrite(event) ? `${over}, having read version ${readVersion}` : `${over}, which it had read`;
}

function describeEvent(event: TraceEvent): string | undefined {
  switch (event.step) {
    case 'waiting':
      return `asks for the lock ${event.key ?? ''}`.trim();
    case 'granted':
      return event.tookMs >= 20 ? `is let in after ${Math.round(event.tookMs)} ms` : 'has the lock';
    case 'read': {
      const { saw } = event;
      if (!saw) return 'finds no such user';
      const open = saw.openCharges.reduce((sum, { amount }) => sum + amount, 0);
      return `reads ${flag(saw.paid)}, version ${saw.version}${open > 0 ? `, and a charge of ${formatAmount(open)}` : ''}`;
    }
    case 'decided':
      return describeDecision(event);
    case 'charged':
      return `hears that ${formatAmount(event.amount)} is charged`;
    case 'refunded':
      return event.gateway === 'refused'
        ? 'hears that the charge was refunded already'
        : `hears that ${formatAmount(event.amount)} is refunded`;
    case 'written':
      return describeWrite(event);
    case 'refused':
      return `may not write ${flag(event.paid)}: version ${event.readVersion} is not there any more`;
    case 'answered':
      return `is answered: ${(event.outcome ?? '').replaceAll('_', ' ').replaceAll('-', ' ')}`;
    default:
      return undefined;
  }
}
