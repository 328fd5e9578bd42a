import { type LockModeName, lockModeNames } from '../../../../lock-modes/registry.ts';
import type { LoadRequest } from './record.ts';

/** The figures of a finished load, as the browser keeps them. */
export interface LoadFigures {
  readonly mode: LockModeName;
  /** When it ended, in milliseconds since the epoch. */
  readonly endedAtMs: number;
  /** Answered requests. */
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Of the answered requests, as the browser waited for them. */
  readonly p99Ms: number;
  /** Stale writes in the trace. */
  readonly lostUpdates: number;
  /** False if the trace lacks a write: then there may be more lost updates. */
  readonly isWhole: boolean;
  /** Users whose access and payments differed at the end; null if they could not be read. */
  readonly inconsistent: number | null;
  /** Instances that answered. */
  readonly instances: number;
}

type Measured = Pick<LoadFigures, 'requests' | 'requestsPerSecond' | 'p99Ms' | 'instances'>;

/** @returns what the browser measured, up to the last answer; zeros without one. */
export function measure(requests: readonly LoadRequest[]): Measured {
  const answered = requests.flatMap(({ sentMs, tookMs, said, instance }) =>
    tookMs === undefined || said === 'unreachable' ? [] : [{ tookMs, endMs: sentMs + tookMs, instance }],
  );
  const endMs = answered.reduce((last, one) => Math.max(last, one.endMs), 0);
  const waits = answered.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return {
    requests: answered.length,
    requestsPerSecond: endMs === 0 ? 0 : answered.length / (endMs / 1000),
    p99Ms: waits[Math.ceil(waits.length * 0.99) - 1] ?? 0,
    instances: new Set(answered.map(({ instance }) => instance)).size,
  };
}

/** Loads of each mode that are kept: with several, it shows how much they vary. */
export const mostKept = 5;

/** @returns the kept figures with these: the last few of each mode, oldest first. */
export function keepFigures(kept: readonly LoadFigures[], added: LoadFigures): readonly LoadFigures[] {
  const surplus = [...kept, added].filter(({ mode }) => mode === added.mode).slice(0, -mostKept);
  return [...kept, added].filter((figures) => !surplus.includes(figures));
}

const isCount = (value: unknown) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const counts = ['endedAtMs', 'requests', 'requestsPerSecond', 'p99Ms', 'lostUpdates', 'instances'] as const;

function isFigures(value: unknown): value is LoadFigures {
  if (typeof value !== 'object' || value === null) return false;
  const { mode, isWhole, inconsistent, ...rest } = value as Record<string, unknown>;
  return (
    lockModeNames.some((known) => known === mode) &&
    typeof isWhole === 'boolean' &&
    (inconsistent === null || isCount(inconsistent)) &&
    counts.every((name) => isCount(rest[name]))
  );
}

/** Reads kept figures. @param text JSON; what is not of this form, as of another version of the page, is left out. */
export function readFigures(text: string | null): readonly LoadFigures[] {
  try {
    const stored: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(stored) ? stored.filter(isFigures).reduce(keepFigures, []) : [];
  } catch {
    return [];
  }
}

/** A mode's line of the scoreboard. */
export interface Score {
  readonly mode: LockModeName;
  readonly latest: LoadFigures;
  readonly loads: number;
  /** Lost updates in the best and the worst of its loads. */
  readonly lost: readonly [least: number, most: number];
}

/** @returns a line for each mode that has figures, in the order of the registry. */
export function scoresOf(kept: readonly LoadFigures[]): readonly Score[] {
  return lockModeNames.flatMap((mode) => {
    const own = kept.filter((figures) => figures.mode === mode);
    const latest = own.at(-1);
    if (!latest) return [];
    const lost = own.map(({ lostUpdates }) => lostUpdates);
    return [{ mode, latest, loads: own.length, lost: [Math.min(...lost), Math.max(...lost)] as const }];
  });
}
