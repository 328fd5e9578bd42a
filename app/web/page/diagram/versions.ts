import { flag } from './explain.ts';
import type { LaneStack } from './lanes.ts';
import type { Extent, PlacedTrace } from './place.ts';
import { meetsRow, rowOf } from './rows.ts';
import { letterWidth } from './sizes.ts';
import type { Step } from './steps.ts';

/** How long a user's row in the database had one version. */
export interface VersionBand extends Extent {
  readonly y: number;
  readonly label: string;
  /** The write that made it; absent when that came before everything that is shown. */
  readonly maker?: Step;
  /** `stale`: it was made by a stale write; `destroyed`: a stale write has made an end of it. */
  readonly fate?: 'stale' | 'destroyed';
}

/** The versions of each user's row, as far as the reads and writes of the trace tell. */
export function placeVersions(trace: PlacedTrace, stack: LaneStack): readonly VersionBand[] {
  const users = [...new Set(trace.steps.filter(meetsRow).map(({ event }) => event.userId))];
  return users.flatMap((userId) => {
    const own = trace.steps.filter((step) => step.event.userId === userId && meetsRow(step));
    const who = users.length > 1 ? `user ${userId} ` : '';
    return versionsOf(trace, own).map(({ version, paid, ...band }) => {
      const lost = band.fate === 'destroyed' ? ' ✕ lost' : '';
      const named = `v${version}: ${flag(paid)}`;
      const labels = [`${who}${named}${lost}`, `${named}${lost}`, named, `v${version}`];
      const label = labels.find((text) => text.length * letterWidth.label + 10 <= band.right - band.left) ?? '';
      return { ...band, y: stack.yOf(rowOf(userId)), label };
    });
  });
}

type Version = Omit<VersionBand, 'y' | 'label'> & { readonly version: number; readonly paid: boolean | undefined };

function versionsOf({ anomalies, left, right, xOf }: PlacedTrace, own: readonly Step[]): readonly Version[] {
  const stale = new Set(anomalies.map(({ write }) => write));
  const destroyed = new Set(anomalies.map((anomaly) => anomaly.destroyed));
  const writes = own.filter(({ event }) => event.step === 'written');
  const [first] = writes;
  const before = first?.event.overwrote ?? own.find(({ event }) => event.saw)?.event.saw?.version;
  const seen = own.find(({ event }) => event.saw?.version === before)?.event.saw;
  const oldest = { version: before ?? 0, paid: seen?.paid, left, right: first ? xOf(first) : right };
  return [
    ...(before === undefined ? [] : [oldest]),
    ...writes.map((maker, index): Version => {
      const next = writes[index + 1];
      const fate = destroyed.has(maker.event) ? 'destroyed' : stale.has(maker.event) ? 'stale' : undefined;
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
