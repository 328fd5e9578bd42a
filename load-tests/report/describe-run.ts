import type { AuditedUser } from '../../app/lab/audit-schema.ts';
import type { LockModeName } from '../../app/lock-modes/registry.ts';
import { listEvents } from '../../app/web/page/narrative/steps/list-events.ts';
import { traceOfAudit } from '../../app/web/page/trace/audited.ts';
import { readTrace } from '../../app/web/page/trace/steps.ts';
import type { HistoryReport } from '../race/history.ts';
import { restsOnUnknown } from '../verify/verdict.ts';
import { counted } from './findings.ts';
import type { RunReport } from './run-report.ts';

/** @returns a sentence on a mode's result. */
export function sentenceFor({ mode, requests, verdict, witnesses, history, overlapping }: RunReport): string {
  const { staleWrites, accessWithoutPaying, chargedTwice, chargedWithoutAccess } = witnesses;
  const asked = `${mode}: of ${counted(requests, 'request', 'requests')}, ${overlapping.toLocaleString('en')} overlapped another for the same user`;
  const explained = describeHistory(history);
  if (verdict === 'inconclusive' && restsOnUnknown(history))
    return `${asked}; calls of unknown outcome explain too many answers to test anything.${explained}`;
  if (verdict === 'inconclusive') return `${asked}: too few overlapped or were carried out to test anything.`;
  if (verdict === 'held')
    return `${asked}; no write was decided on a stale read, and flag and ledger agree for every user.${explained}`;
  const anomalies = [
    accessWithoutPaying > 0 && `${counted(accessWithoutPaying, 'user has', 'users have')} access and paid nothing`,
    chargedTwice > 0 && `${counted(chargedTwice, 'is', 'are')} charged more than once`,
    chargedWithoutAccess > 0 && `${counted(chargedWithoutAccess, 'is', 'are')} charged without access`,
  ].filter((part) => part !== false);
  const none = `no user is inconsistent in the end${staleWrites > 0 ? ', by chance' : ''}`;
  const harm = anomalies.length > 0 ? anomalies.join(', ') : none;
  return `${asked}; ${counted(staleWrites, 'write was', 'writes were')} decided on a stale read, and ${harm}.${explained}`;
}

function describeHistory({ users, calls, unknown, notLinearizable, onlyByUnknown, whyNone }: HistoryReport): string {
  if (users === 0) return whyNone === undefined ? '' : ` No history was recorded: ${whyNone}.`;
  const unclear = unknown > 0 ? ` (${unknown.toLocaleString('en')} of unknown outcome)` : '';
  const recorded = ` Of ${counted(users, 'user', 'users')} whose ${counted(calls, 'call was', 'calls were')} recorded${unclear},`;
  const byUnknown =
    onlyByUnknown > 0 ? `, ${onlyByUnknown.toLocaleString('en')} only if calls of unknown outcome took effect` : '';
  if (notLinearizable === 0) return `${recorded} every one got answers that some order explains${byUnknown}.`;
  return `${recorded} ${notLinearizable.toLocaleString('en')} got answers that no order explains.`;
}

/** Describes an inconsistent user: what each request did, in order, and whose write was lost. */
export function describeInconsistency(user: AuditedUser, mode: string): string[] {
  const trace = readTrace(traceOfAudit(user, mode as LockModeName));
  const who = trace.requests.map(
    ({ name, kind, instance, requestId }) => `  ${name} = ${kind} on ${instance}, request ${requestId}`,
  );
  const steps = listEvents(trace).map(({ ms, short }) => `${ms.toFixed(1).padStart(8)} ms  ${short}`);
  return [`${user.what}:`, ...who, ...steps];
}
