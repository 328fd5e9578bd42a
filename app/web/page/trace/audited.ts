import type { AuditedUser } from '../../../lab/audit-schema.ts';
import type { TraceEvent } from '../../../lab/trace/event.ts';
import { type RecordedStep, traceOf } from './recorded.ts';

/** The events of an inconsistent user's requests, as the audit shows them. */
export function traceOfAudit({ userId, requests }: AuditedUser, mode: TraceEvent['mode']): readonly TraceEvent[] {
  return traceOf(
    requests.flatMap(({ requestId, instance, command: kind, steps }) => {
      const amount = steps.map((step) => (step.did === 'wrote' ? 0 : step.amount)).find((known) => known > 0) ?? 0;
      const request = { requestId, kind, userId, amount, instance, mode };
      return steps.map((step): RecordedStep => {
        const wallMs = millisOf(step.at);
        if (step.did !== 'wrote')
          return { ...request, wallMs, step: step.did, chargeId: step.chargeId, gateway: step.did };
        const { paid, readVersion, overwroteVersion: overwrote } = step;
        return { ...request, wallMs, step: 'written', paid, readVersion, overwrote };
      });
    }),
  );
}

/** @param at a time in UTC with microseconds, which `Date` would cut off. */
const millisOf = (at: string) => Date.parse(`${at.slice(0, 19)}Z`) + Number(at.slice(19, -1)) * 1000;
