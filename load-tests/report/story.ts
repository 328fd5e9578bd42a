import type { WrongedUser } from '../verify/audit.ts';
import type { HistoryReport } from '../workload/history-witness.ts';
import type { RunReport } from './run-report.ts';

const many = (count: number, one: string, more: string) => `${count.toLocaleString('en')} ${count === 1 ? one : more}`;

/** One sentence on what happened in a mode. */
export function sentenceFor({ mode, requests, verdict, witnesses, history, overlapping }: RunReport): string {
  const { staleWrites, accessWithoutPaying, chargedTwice, chargedWithoutAccess } = witnesses;
  const asked = `${mode}: of ${many(requests, 'request', 'requests')}, ${overlapping.toLocaleString('en')} met another for the same user`;
  const explained = tellHistory(history);
  if (verdict === 'inconclusive') return `${asked}: too few met, or were carried out, to test anything.`;
  if (verdict === 'held')
    return `${asked}; no write was decided on an outdated read, and flag and books agree for every user.${explained}`;
  const wronged = [
    accessWithoutPaying > 0 && `${many(accessWithoutPaying, 'user has', 'users have')} access and paid nothing`,
    chargedTwice > 0 && `${many(chargedTwice, 'is', 'are')} charged more than once`,
    chargedWithoutAccess > 0 && `${many(chargedWithoutAccess, 'is', 'are')} charged without access`,
  ].filter((part) => part !== false);
  const harm = wronged.length > 0 ? wronged.join(', ') : 'by luck, no user was wronged in the end';
  return `${asked}; ${many(staleWrites, 'write was', 'writes were')} decided on an outdated read, and ${harm}.${explained}`;
}

function tellHistory({ users, calls, notLinearizable, whyNone }: HistoryReport): string {
  if (users === 0) return whyNone === undefined ? '' : ` No history was recorded: ${whyNone}.`;
  const recorded = ` Of ${many(users, 'user', 'users')} whose ${many(calls, 'call was', 'calls were')} recorded,`;
  if (notLinearizable === 0) return `${recorded} every one got answers that some order explains.`;
  return `${recorded} ${notLinearizable.toLocaleString('en')} got answers that no order explains.`;
}

/** How a user was wronged: what each request did, in order, and whose write was lost. One line a step. */
export function tellStory({ what, requests }: WrongedUser): string[] {
  const names = new Map(requests.map(({ requestId }, index) => [requestId, letter(index)]));
  const steps = requests
    .flatMap(({ requestId, steps: own }) => own.map((step) => ({ requestId, ...step })))
    .sort((a, b) => a.at.localeCompare(b.at));
  const start = Math.min(...steps.map(({ at }) => microsOf(at)));
  const who = requests.map(
    ({ requestId, command, instance, steps: own }) =>
      `  ${names.get(requestId)} = ${command} on ${instance}${readBy(own)}, request ${requestId}`,
  );
  const lines = steps.map((step) => {
    const ms = ((microsOf(step.at) - start) / 1000).toFixed(1).padStart(8);
    return `${ms} ms  ${names.get(step.requestId)} ${inWords(step, names)}`;
  });
  return [`${what}:`, ...who, ...lines];
}

type Steps = WrongedUser['requests'][number]['steps'];

function readBy(steps: Steps): string {
  const write = steps.find((step) => step.did === 'wrote');
  return write ? ` (read version ${write.readVersion})` : '';
}

function inWords(step: Steps[number], names: ReadonlyMap<string, string>): string {
  if (step.did !== 'wrote') {
    return step.did === 'charged'
      ? `charges ${step.amount} (charge ${step.chargeId})`
      : `refunds charge ${step.chargeId}`;
  }
  const { paid, readVersion, overwroteVersion, overwrote } = step;
  const wrote = `writes ${paid ? 'paid' : 'free'} over version ${overwroteVersion}`;
  if (readVersion === overwroteVersion) return `${wrote}, which it had read`;
  const victim = overwrote === undefined ? 'the write between' : `the write of ${names.get(overwrote) ?? overwrote}`;
  return `${wrote}, having read version ${readVersion}: ${victim} is lost`;
}

/** A, B, … Z, A2, … */
function letter(index: number): string {
  const round = Math.floor(index / 26);
  return String.fromCharCode(65 + (index % 26)) + (round > 0 ? round + 1 : '');
}

/** @param at a time in UTC with microseconds, which `Date` would cut off. */
function microsOf(at: string): number {
  return Date.parse(`${at.slice(0, 23)}Z`) * 1000 + Number(at.slice(23, 26));
}
