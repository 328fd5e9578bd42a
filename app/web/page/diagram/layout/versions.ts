import { formatVersion } from '../../format.ts';
import type { Step } from '../../trace/steps.ts';
import { fitting } from './labels.ts';
import type { LaneStack } from './lanes.ts';
import type { Extent, PlacedTrace } from './place.ts';
import { touchesRow, userRowOf } from './rows.ts';

/** The time that a user's row had one version. */
export interface VersionSpan extends Extent {
  readonly y: number;
  readonly label: string;
  /** The write that made it; absent if that precedes the trace. */
  readonly maker?: Step;
  /** `stale`: made by a stale write; `lost`: overwritten by one. */
  readonly fate?: 'stale' | 'lost';
}

/** The versions of each user's row that the trace's reads and writes show. */
export function placeVersions(trace: PlacedTrace, stack: LaneStack): readonly VersionSpan[] {
  const users = [...new Set(trace.steps.filter(touchesRow).map(({ event }) => event.userId))];
  return users.flatMap((userId) => {
    const own = trace.steps.filter((step) => step.event.userId === userId && touchesRow(step));
    const who = users.length > 1 ? `user ${userId} ` : '';
    return versionsOf(trace, own).map(({ version, paid, ...span }) => {
      const lost = span.fate === 'lost' ? ' ✕ lost' : '';
      const named = formatVersion(version, paid);
      const labels = [
        `${who}${named}${lost}`,
        `${named}${lost}`,
        ...(lost ? [`v${version} ✕ lost`, `v${version} ✕`] : [named]),
        `v${version}`,
        '',
      ];
      const label = fitting(labels, span.right - span.left - 10);
      return { ...span, y: stack.yOf(userRowOf(userId)), label };
    });
  });
}

type Version = Omit<VersionSpan, 'y' | 'label'> & { readonly version: number; readonly paid: boolean | undefined };

function versionsOf({ anomalies, left, right, xOf }: PlacedTrace, own: readonly Step[]): readonly Version[] {
  const stale = new Set(anomalies.map(({ write }) => write));
  const lostWrite = new Set(anomalies.map((anomaly) => anomaly.lostWrite));
  const writes = own.filter(({ event }) => event.step === 'written');
  const [first] = writes;
  const before = first?.event.overwrote ?? own.find(({ event }) => event.saw)?.event.saw?.version;
  const seen = own.find(({ event }) => event.saw?.version === before)?.event.saw;
  const oldest = { version: before ?? 0, paid: seen?.paid, left, right: first ? xOf(first) : right };
  return [
    ...(before === undefined ? [] : [oldest]),
    ...writes.map((maker, index): Version => {
      const next = writes[index + 1];
      const fate = lostWrite.has(maker.event) ? 'lost' : stale.has(maker.event) ? 'stale' : undefined;
      return {
        version: (maker.event.overwrote ?? 0) + 1,
        paid: maker.event.paid,
        left: xOf(maker),
        right: next ? xOf(next) : right,
        maker,
        ...(fate && { fate }),
      };
    }),
  ];
}
