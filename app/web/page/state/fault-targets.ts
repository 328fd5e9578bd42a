import type { LiveFault, LiveFaults, PastFault } from '../../../lab/faults/fault.ts';
import type { TraceEvent } from '../../../lab/trace/event.ts';
import type { FaultBar } from '../trace/bars.ts';
import { groupBy } from '../trace/group-by.ts';
import type { Run } from './run.ts';

/** An instance or a server, with the faults that it can have. */
export interface FaultTarget {
  readonly name: string;
  readonly faults: readonly LiveFault[];
  /** The fault that it has now, or that begins or ends. */
  readonly current: LiveFault | undefined;
}

/** The targets in the order of their first faults. */
export function listTargets({ faults }: Pick<LiveFaults, 'faults'>): readonly FaultTarget[] {
  return [...groupBy(faults, ({ targets: [name = ''] }) => name)].map(([name, own]) => ({
    name,
    faults: own,
    current: own.find(({ state }) => state !== 'healed'),
  }));
}

/** What an instance has in progress, such as `pay, holds the lock`; undefined if the events show nothing. */
export function describeWork(instance: string, events: readonly TraceEvent[]): string | undefined {
  const own = groupBy(
    events.filter((event) => event.instance === instance),
    ({ requestId }) => requestId,
  );
  const parts = [...own.values()].flatMap(([first, ...rest]) => {
    const steps = new Set([first, ...rest].map(({ step }) => step));
    if (steps.has('answered')) return [];
    if (steps.has('granted') && !steps.has('released')) return `${first.kind}, holds the lock`;
    return steps.has('waiting') && !steps.has('granted') ? `${first.kind}, waits for the lock` : first.kind;
  });
  return parts.length > 0 ? parts.join('; ') : undefined;
}

/** The faults that lasted during a run, from its first event to its last, or until now. One that lasted longer has no end in it. */
export function faultsDuring({ events, state }: Pick<Run, 'events' | 'state'>, past: readonly PastFault[]): FaultBar[] {
  const times = events.map(({ wallMs }) => wallMs);
  const [first, last] = [Math.min(...times), state === 'done' ? Math.max(...times) : Number.POSITIVE_INFINITY];
  return past
    .filter(({ fromMs, toMs = Number.POSITIVE_INFINITY }) => fromMs <= last && toMs >= first)
    .map(({ what, targets, fromMs, toMs }) => ({
      kind: 'fault',
      what,
      hits: targets,
      fromMs,
      ...(toMs !== undefined && toMs <= last && { toMs }),
    }));
}
