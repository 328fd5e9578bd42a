import type { Job, JobRun, Jobs } from '../../api/jobs.ts';
import { count, formatMs } from '../../format.ts';
import type { LabError } from '../../state/errors.ts';
import { formatDistance, formatTime } from '../steps/format-time.ts';

/** How a run ended, by a mark and a word, and whether that is right. */
export interface RunLabel {
  readonly mark: '✓' | '✕' | '…' | '?';
  readonly word: string;
  readonly state: 'right' | 'wrong' | 'open';
}

const ends: Readonly<Record<NonNullable<JobRun['outcome']>, RunLabel>> = {
  succeeded: { mark: '✓', word: 'succeeded', state: 'right' },
  failed: { mark: '✕', word: 'failed', state: 'wrong' },
  lost: { mark: '✕', word: 'lost its lock', state: 'wrong' },
  killed: { mark: '✕', word: 'killed', state: 'wrong' },
};

/** A job's lock is extended up to this many times its TTL. A run without an end by then has died. */
const maxExtensions = 10;

/** @param now by the clock of the instance that reported the run. */
export function describeRun({ outcome, startedAt }: JobRun, { ttlMs }: Pick<Job, 'ttlMs'>, now: string): RunLabel {
  if (outcome) return ends[outcome];
  const isOver = Date.parse(now) - Date.parse(startedAt) > maxExtensions * ttlMs;
  return isOver
    ? { mark: '?', word: 'end not recorded', state: 'wrong' }
    : { mark: '…', word: 'running', state: 'open' };
}

/** @returns such as `after 12 ms`; undefined while it has not ended. */
export function formatDuration({ startedAt, endedAt }: JobRun): string | undefined {
  // Both by the database's clock, which may have been set back in between.
  return endedAt === null ? undefined : `after ${formatMs(Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)))}`;
}

/** @returns such as `app-2 leads`. The leader is unknown while Redis is down. */
export function describeLeader({ leader }: Pick<Jobs, 'leader'>): string {
  return leader ? `${leader.instance} leads` : 'leader unknown';
}

/** @returns how long the leader has led, such as `since 11:25:03 UTC, 4 min ago`. */
export function describeTerm({ leader, now }: Pick<Jobs, 'leader' | 'now'>): string | undefined {
  return leader ? `since ${formatTime(leader.since, now, 'UTC')} UTC, ${formatDistance(leader.since, now)}` : undefined;
}

/** @returns what it means that jobs are off on the answering instance; undefined if they are on. */
export function describeOff({
  scheduling,
  leader,
  instance,
}: Pick<Jobs, 'scheduling' | 'leader' | 'instance'>): string | undefined {
  if (scheduling) return undefined;
  if (leader) return `Jobs are off on ${instance} (JOBS=off). ${leader.instance} leads the other instances.`;
  return `Jobs are off on ${instance} (JOBS=off), and the leader is unknown. Scheduled runs need an instance with JOBS=on.`;
}

export function describeNextRun(
  { nextRunAt, timeZone }: Pick<Job, 'nextRunAt' | 'timeZone'>,
  { now }: Pick<Jobs, 'now'>,
): string {
  if (nextRunAt === null) return 'none';
  return `${formatTime(nextRunAt, now, timeZone)}, ${formatDistance(nextRunAt, now)}`;
}

/** @returns of the last runs, such as `app-2 7 times, app-1 once`. */
export function formatRanBy({ ranBy }: Pick<Job, 'ranBy'>): string {
  return formatCounts(ranBy.map(({ instance, runs }) => ({ instance, times: runs })));
}

/** @returns how many ticks each instance skipped, such as `app-1 12 times, app-3 once`. */
export function formatSkips({ skips }: Pick<Job, 'skips'>): string {
  return formatCounts(skips.map(({ instance, skips }) => ({ instance, times: skips })));
}

function formatCounts(who: readonly { readonly instance: string; readonly times: number }[]): string {
  const counts = [...who]
    .sort((a, b) => b.times - a.times || a.instance.localeCompare(b.instance))
    .map(({ instance, times }) => `${instance} ${times === 1 ? 'once' : count(times, 'time')}`);
  return counts.join(', ') || 'none yet';
}

/** Ticks that no instance ran, with the time of the last. */
export function describeMissed(
  { missed, timeZone }: Pick<Job, 'missed' | 'timeZone'>,
  { now }: Pick<Jobs, 'now'>,
): { text: string; any: boolean } {
  const { count: number, more, since, last } = missed;
  if (since === null) return { text: 'unknown: no run yet', any: false };
  const from = `since ${formatTime(since, now, timeZone)}`;
  if (number === 0) return { text: `✓ none ${from}`, any: false };
  const latest = last.at(-1);
  const shown = latest === undefined || more ? '' : `, the last at ${formatTime(latest, now, timeZone)}`;
  return { text: `✕ ${more ? 'more than ' : ''}${number.toLocaleString('en')} ${from}${shown}`, any: true };
}

/** Why the jobs could not be read, and the time of those shown. @param lastNow the time of the last successful read. */
export function describeUnreadable({ problem, detail }: LabError, lastNow: string | undefined): string {
  const why = unread[problem] ?? `the lab reports a problem: ${detail ?? problem}`;
  const shown = lastNow === undefined ? '' : ` Shown as of ${formatTime(lastNow, lastNow, 'UTC')} UTC.`;
  return `Jobs cannot be read: ${why.replace(/\.$/, '')}.${shown}`;
}

const unread: Readonly<Record<string, string>> = {
  unreachable: 'the lab does not answer',
  'bad-gateway': 'no instance answers',
  'gateway-timeout': 'no instance answers in time',
  unavailable: 'MySQL does not answer',
  internal: 'MySQL failed',
  'not-found': 'these instances have no jobs',
};
