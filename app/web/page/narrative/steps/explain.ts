import type { TraceEvent } from '../../../../lab/trace/event.ts';
import { lockModeTraits } from '../../../../lock-modes/registry.ts';
import { formatAmount, formatFlag, formatMs, formatVersion } from '../../format.ts';
import { describeStaleWrite, describeWrite, isStaleWrite } from '../../trace/stale-write.ts';

/** Describes one step in a whole sentence that needs no picture. */
export function explain(event: TraceEvent): string {
  const { kind, amount, userId, instance, pass, tookMs } = event;
  const of = amount > 0 ? ` of ${formatAmount(amount)}` : '';
  const which = pass > 1 ? `, in pass ${pass},` : '';
  const took = tookMs > 0 && !['granted', 'released'].includes(event.step) ? ` It took ${formatMs(tookMs)}.` : '';
  return `The ${kind}${of} for user ${userId} on ${instance}${which} ${predicateOf(event)}.${took}`;
}

/** What a request did in a step, to be read after its name. */
export function predicateOf(event: TraceEvent): string {
  const { step, mode, key, token, tookMs, chargeId, amount, outcome, httpStatus } = event;
  const lock = key === undefined ? 'the lock' : `lock ${key}`;
  const charge = chargeId === undefined ? 'a charge' : `charge ${chargeId}`;
  switch (step) {
    case 'arrived':
      return `arrived in mode ${mode}`;
    case 'waiting':
      return `requested ${lock}`;
    case 'granted':
      return `acquired ${lock} after ${formatMs(tookMs)}${token === undefined ? '' : `, with fencing token ${token}`}`;
    case 'read':
      return saw(event);
    case 'decided':
      return decided(event);
    case 'charged':
      return `got ${charge} of ${formatAmount(amount)} confirmed`;
    case 'refunded':
      return event.gateway === 'refused'
        ? `was refused the refund of ${charge}: already refunded`
        : `got the refund of ${charge} confirmed`;
    case 'written':
      return wrote(event);
    case 'refused':
      return refused(event);
    case 'released':
      return `released ${lock} after ${formatMs(tookMs)}${outcome === undefined || outcome === 'done' ? '' : ` (${outcome})`}`;
    case 'answered':
      if (outcome === 'unknown') return 'got no answer: its outcome is unknown';
      return `was answered${httpStatus === undefined ? '' : ` ${httpStatus}`}${outcome === undefined ? '' : `: ${answers[outcome] ?? outcome}`}`;
  }
}

function saw({ userId, saw: account }: TraceEvent): string {
  if (account === null) return `found no user ${userId}`;
  if (account === undefined) return `read user ${userId}`;
  const { version, paid, openCharges, moreOpenCharges } = account;
  const row = formatVersion(version, paid);
  if (!openCharges) return `had read ${row}`; // inferred: it may have been earlier
  const more = moreOpenCharges === undefined ? [] : [`${moreOpenCharges} more`];
  const open = [...openCharges.map(({ id, amount }) => `${formatAmount(amount)} (charge ${id})`), ...more].join(
    ' and ',
  );
  return `read ${row}, ${open ? `open: ${open}` : 'nothing open'}`;
}

function decided({ decision, amount, saw: account }: TraceEvent): string {
  switch (decision) {
    case 'charge':
      return `decided to charge ${formatAmount(amount)}`;
    case 'refund':
      return 'decided to refund the open charges';
    case 'clear':
      return 'decided to clear the flag: paid, but nothing is open';
    case 'none':
      return 'decided to do nothing';
    default:
      return account === null ? 'decided that there is no such user' : 'decided';
  }
}

function wrote(event: TraceEvent): string {
  if (event.overwrote === undefined)
    return `wrote ${formatFlag(event.paid)}; the trace does not show what it overwrote`;
  return isStaleWrite(event) ? describeStaleWrite(event, undefined) : describeWrite(event);
}

function refused({ paid, readVersion, mode, token }: TraceEvent): string {
  const why: Readonly<Partial<Record<string, string>>> = {
    version: `v${readVersion ?? '?'} is stale`,
    token: `its fencing token${token === undefined ? '' : ` ${token}`} is stale`,
    flag: 'the flag has changed since',
    isolation: 'another transaction won a deadlock',
  };
  const reason = why[lockModeTraits[mode].writeRequires] ?? 'it may have lost the lock';
  return `was refused its write of ${formatFlag(paid)}: ${reason}. Nothing is lost`;
}

const answers: Readonly<Record<string, string>> = {
  paid: 'paid',
  already_paid: 'already paid, nothing changed',
  cancelled: 'cancelled',
  nothing_to_cancel: 'nothing to cancel',
  'lock-busy': 'timed out waiting for the lock, nothing changed',
  'stale-write': 'paid and cancelled meanwhile',
  'lease-lost': 'lost its lock before the write, and took its charge back',
  unfinished: 'started, not finished; the reconcile job finishes it',
  unavailable: 'the lock service or the database did not answer, nothing changed',
  aborted: 'the client disconnected while it waited',
  'unknown-user': 'no such user',
};
