import { Counter, Histogram, type Registry } from 'prom-client';
import type { LockModeName } from '../lock-modes/index.ts';
import type { LockListener } from '../redis-lock/index.ts';
import { durationBuckets } from './buckets.ts';

/**
 * Counts and times what the modes' locks do. The labels are modes, outcomes and reasons, never keys: the values of a key
 * have no end.
 *
 * @returns what makes the listener of one mode's lock.
 */
export function lockMetrics(registry: Registry): (mode: LockModeName) => LockListener {
  const registers = [registry];
  const acquisitions = new Histogram({
    name: 'lock_acquire_duration_seconds',
    help: 'How long attempts to get a lock took, by how they ended. Their count is the number of attempts.',
    labelNames: ['mode', 'outcome'],
    buckets: durationBuckets,
    registers,
  });
  const handedOn = new Counter({
    name: 'lock_handed_on_total',
    help: 'Leases that came from another holder in this process.',
    labelNames: ['mode'],
    registers,
  });
  const holds = new Histogram({
    name: 'lock_hold_duration_seconds',
    help: 'How long leases were held until their end: released, lost, or expired, when the release came too late.',
    labelNames: ['mode', 'outcome'],
    buckets: durationBuckets,
    registers,
  });
  const losses = new Counter({
    name: 'lock_losses_total',
    help: 'Leases that were lost while their holders still had them, by the reason.',
    labelNames: ['mode', 'reason'],
    registers,
  });

  return (mode) => ({
    onAcquire(event) {
      acquisitions.observe({ mode, outcome: event.outcome }, event.waitMs / 1000);
      if (event.handedOver) handedOn.inc({ mode });
    },
    onRelease: ({ outcome, holdMs }) => holds.observe({ mode, outcome }, holdMs / 1000),
    onLost({ reason, holdMs }) {
      losses.inc({ mode, reason });
      holds.observe({ mode, outcome: 'lost' }, holdMs / 1000);
    },
  });
}
