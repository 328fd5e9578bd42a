import type { TraceEvent } from '../../../lab/trace/event.ts';
import { formatMs } from '../model/format.ts';
import { isStaleWrite } from '../model/stale-write.ts';

/** One step in words, a whole sentence that needs no picture beside it. Amounts are in minor units. */
export function explain(event: TraceEvent): string {
  const { kind, amount, userId, instance, pass, tookMs } = event;
  const which = pass > 1 ? `, in pass ${pass},` : '';
  const took = tookMs > 0 && !['granted', 'released'].includes(event.step) ? ` It took ${formatMs(tookMs)}.` : '';
  return `The ${kind} of ${amount} for user ${userId} on ${instance}${which} ${did(event)}.${took}`;
}

/** What the flag says, in a word. */
export function flag(paid: boolean | undefined): string {
  return paid === undefined ? 'the flag' : paid ? 'paid' : 'free';
}

function did(event: TraceEvent): string {
  const { step, mode, key = 'the lock', token, tookMs, chargeId, amount, outcome, httpStatus } = event;
  const charge = chargeId === undefined ? 'a charge' : `charge ${chargeId}`;
  switch (step) {
    case 'arrived':
      return `arrives, in mode ${mode}`;
    case 'waiting':
      return `asks for the lock ${key}`;
    case 'granted':
      return `gets the lock ${key} after ${formatMs(tookMs)}${token === undefined ? '' : `, with fencing token ${token}`}`;
    case 'read':
      return saw(event);
    case 'decided':
      return decided(event);
    case 'charged':
      return `has ${amount} charged by the card processor (${charge})`;
    case 'refunded':
      return event.gateway === 'refused'
        ? `asks for a refund of ${charge}, and is refused: somebody has refunded it already`
        : `has ${charge} refunded by the card processor`;
    case 'written':
      return wrote(event);
    case 'refused':
      return refused(event);
    case 'released':
      return `gives the lock ${key} back, having held it for ${formatMs(tookMs)}${outcome === undefined || outcome === 'done' ? '' : ` (${outcome})`}`;
    case 'answered':
      return `is answered${httpStatus === undefined ? '' : ` ${httpStatus}`}${outcome === undefined ? '' : `: ${answer(outcome)}`}`;
  }
}

function saw({ userId, saw: account }: TraceEvent): string {
  if (account === null) return `reads user ${userId}: there is none`;
  if (account === undefined) return `reads user ${userId}`;
  const open = account.openCharges.map(({ id, amount }) => `${amount} (charge ${id})`).join(' and ');
  return `reads user ${userId}: ${flag(account.paid)}, version ${account.version}, ${open ? `open: ${open}` : 'nothing open'}`;
}

function decided({ decision, amount, saw: account }: TraceEvent): string {
  switch (decision) {
    case 'charge':
      return `decides to charge ${amount}, by what it has read`;
    case 'refund':
      return 'decides to refund what is open, by what it has read';
    case 'clear':
      return 'decides to clear the flag: paid, and nothing is open';
    case 'none':
      return 'decides that there is nothing to do';
    default:
      return account === null ? 'decides that there is no such user' : 'decides';
  }
}

function wrote(event: TraceEvent): string {
  const { paid, readVersion, overwrote } = event;
  if (overwrote === undefined) return `writes ${flag(paid)}; over which version, the trace does not show`;
  const made = `writes ${flag(paid)} over version ${overwrote}, which makes version ${overwrote + 1}`;
  if (!isStaleWrite(event)) return `${made}; it had read the version that it overwrites`;
  return `${made}, but had decided on version ${readVersion ?? '?'}: what version ${overwrote} said is lost`;
}

function refused({ paid, readVersion, mode, token }: TraceEvent): string {
  const why =
    mode === 'version'
      ? `version ${readVersion ?? '?'}, which it had read, is no longer the row’s`
      : mode === 'fenced'
        ? `its fencing token${token === undefined ? '' : ` ${token}`} is no longer the one on the row`
        : 'it no longer holds the lock for certain';
  return `is refused its write of ${flag(paid)}: ${why}. Nothing is lost`;
}

const answers: Readonly<Record<string, string>> = {
  paid: 'paid',
  already_paid: 'already paid, nothing was done',
  cancelled: 'cancelled',
  nothing_to_cancel: 'nothing to cancel',
  'lock-busy': 'somebody else held the lock for the whole wait, nothing was done',
  'stale-write': 'paid and cancelled meanwhile',
  unfinished: 'begun and not finished, the reconcile job finishes it',
  unavailable: 'the lock service or the database did not answer, nothing was done',
  aborted: 'the caller went away while it waited',
  'unknown-user': 'there is no such user',
};

function answer(outcome: string): string {
  return answers[outcome] ?? outcome;
}
