import { formatMs } from '../../format.ts';
import type { Bar } from '../../trace/bars.ts';
import { isStaleWrite } from '../../trace/stale-write.ts';
import type { Trace } from '../../trace/steps.ts';
import { describeEffect, describePredicate } from './describe.ts';

/** What happened at one time: a step, or a begin or an end of what lasts beside the steps. */
export interface ListedEvent {
  readonly id: string;
  /** The number of a step. */
  readonly number?: number;
  /** Since the first of all began. */
  readonly ms: number;
  /** The request, such as `A pay`; `fault` or `remark` where there is none. */
  readonly who: string;
  /** The instance or the server. */
  readonly where: string;
  /** A sentence. */
  readonly text: string;
  /** The same in short, after the request's name. */
  readonly short: string;
  readonly tone: 'fine' | 'stale' | 'fault';
}

/** Lists a trace in order of time: its steps, faults, leases and remarks. */
export function listEvents(trace: Trace): readonly ListedEvent[] {
  const steps = trace.steps.map((step): ListedEvent => {
    const { event, request, number, endMs: ms } = step;
    return {
      id: event.id,
      number,
      ms,
      who: `${request.name} ${request.kind}`,
      where: request.instance,
      text: describeEffect(step, trace),
      short: `${request.name} ${describePredicate(step, trace)}`,
      tone: isStaleWrite(event) ? 'stale' : 'fine',
    };
  });
  const others = groupLeases(trace.bars).flatMap((group) => listBar(group, trace));
  return [...steps, ...others].sort((a, b) => a.ms - b.ms); // stable: steps stay in their order
}

/** Servers that grant a request's lock within this time are listed together, as long as it ends alike. */
const atOnceMs = 20;

function groupLeases(bars: readonly Bar[]): readonly [Bar, ...Bar[]][] {
  const groups: [Bar, ...Bar[]][] = [];
  const isAlike = (a: Bar, b: Bar) =>
    a.kind === 'lease' && b.kind === 'lease' && a.requestId === b.requestId && a.node !== b.node && a.end === b.end;
  const isClose = (a = 0, b = 0) => Math.abs(a - b) <= atOnceMs;
  for (const bar of bars) {
    const group = groups.find(
      ([first]) => isAlike(first, bar) && isClose(first.fromMs, bar.fromMs) && isClose(first.toMs, bar.toMs),
    );
    if (group) group.push(bar);
    else groups.push([bar]);
  }
  return groups;
}

function listBar(group: readonly [Bar, ...Bar[]], { requests, bars }: Trace): readonly ListedEvent[] {
  const [bar] = group;
  const request = 'requestId' in bar ? requests.find(({ requestId }) => requestId === bar.requestId) : undefined;
  const name = request?.name ?? '?';
  const line = (ms: number, text: string, where = ''): ListedEvent => ({
    id: `${bars.indexOf(bar)} at ${ms}`,
    ms,
    who: request ? `${name} ${request.kind}` : bar.kind,
    where,
    text,
    short: text,
    tone: bar.kind === 'fault' ? 'fault' : 'fine',
  });
  const fromTo = (where: string, begin: string, end: string | undefined) => [
    line(bar.fromMs, begin, where),
    ...(bar.toMs === undefined || end === undefined ? [] : [line(bar.toMs, end, where)]),
  ];
  switch (bar.kind) {
    case 'fault':
      return fromTo(bar.hits.join(', '), `Fault: ${bar.what}.`, `The fault is over: “${bar.what}”.`);
    case 'held': {
      const resumed = bar.isResumed ? `${name} is resumed.` : undefined;
      return fromTo(request?.instance ?? '', `${name} is held before its ${bar.before}.`, resumed);
    }
    case 'lease': {
      const lasting = bar.ttlMs === undefined ? '' : ` for ${formatMs(bar.ttlMs)}`;
      const nodes = group.flatMap((lease) => (lease.kind === 'lease' ? lease.node : [])).sort();
      const ended = { expired: 'expired', deleted: 'was deleted', lost: 'was lost with the server' }[
        bar.end ?? 'expired'
      ];
      return fromTo(nodes.join(', '), `${name} got the lock${lasting}.`, `The lock of ${name} ${ended}.`);
    }
    case 'remark':
      return [line(bar.fromMs, `${bar.what.charAt(0).toUpperCase()}${bar.what.slice(1)}.`)];
  }
}
