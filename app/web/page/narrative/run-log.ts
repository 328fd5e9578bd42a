import type { TraceEvent } from '../../../lab/trace/event.ts';
import { formatAmount, formatFlag, formatVersion } from '../format.ts';
import { inOrder } from '../trace/in-order.ts';
import { describeWrite, isStaleWrite } from '../trace/stale-write.ts';

/** One line of a run's log. */
export interface LogLine {
  readonly id: string;
  readonly kind: 'pay' | 'cancel';
  readonly requestId: string;
  /** After the run's first event. */
  readonly ms: number;
  readonly text: string;
  readonly tone: 'fine' | 'bad' | 'blocked';
}

/** Describes what happened, step by step. Steps without news are omitted. */
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
  if (decision === 'charge') return `decided to charge ${formatAmount(amount)}`;
  if (decision === 'refund') return `decided to refund ${formatAmount(amount)}`;
  return undefined;
}

function describeWritten(event: TraceEvent): string {
  const { paid, overwrote, readVersion } = event;
  if (overwrote === undefined)
    return `wrote ${formatFlag(paid)}, decided on v${readVersion}; the trace does not show what it overwrote`;
  return describeWrite(event);
}

function describeEvent(event: TraceEvent): string | undefined {
  switch (event.step) {
    case 'waiting':
      return `requested lock ${event.key ?? ''}`.trim();
    case 'granted':
      return event.tookMs >= 20 ? `acquired lock after ${Math.round(event.tookMs)} ms` : 'acquired lock';
    case 'read': {
      const { saw } = event;
      if (!saw) return 'found no such user';
      const open = (saw.openCharges ?? []).reduce((sum, { amount }) => sum + amount, 0);
      const more = saw.moreOpenCharges ? ` and ${saw.moreOpenCharges} more` : '';
      return `read ${formatVersion(saw.version, saw.paid)}${open > 0 ? `, open charge of ${formatAmount(open)}${more}` : ''}`;
    }
    case 'decided':
      return describeDecision(event);
    case 'charged':
      return `charge of ${formatAmount(event.amount)} confirmed`;
    case 'refunded':
      return event.gateway === 'refused'
        ? 'refund refused: already refunded'
        : `refund of ${formatAmount(event.amount)} confirmed`;
    case 'written':
      return describeWritten(event);
    case 'refused':
      return `write of ${formatFlag(event.paid)} refused: v${event.readVersion} is stale`;
    case 'answered':
      return `answered ${(event.outcome ?? '').replaceAll('_', ' ').replaceAll('-', ' ')}`;
    default:
      return undefined;
  }
}
