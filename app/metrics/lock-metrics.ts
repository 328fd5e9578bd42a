import { Counter, Histogram, type Registry } from 'prom-client';
import { probeKeyPrefix } from '../http/readiness.ts';
import type { LockModeName } from '../lock-modes/index.ts';
import type { LockListener, LossReason } from '../redis-lock/index.ts';
import { durationBuckets } from './buckets.ts';

const lossReasons: readonly LossReason[] = ['expired', 'stolen'];

/** True for the locks by which readiness is checked: monitors ask more often than some services are paid. */
const isProbe = ({ key }: { readonly key: string }) => key.startsWith(probeKeyPrefix);

/**
 * Counts and times what the modes' locks do. Labels are modes, outcomes and reasons, never keys, whose number is
 * unbounded.
 *
 * @returns a function that creates the listener of one mode's lock.
 */
export function lockMetrics(registry: Registry): (mode: LockModeName) => LockListener {
  const registers = [registry];
  const acquisitions = new Histogram({
    name: 'lock_acquire_duration_seconds',
    help: 'Duration of attempts to acquire a lock, by outcome. The count is the number of attempts.',
    labelNames: ['mode', 'outcome'],
    buckets: durationBuckets,
    registers,
  });
  const handOvers = new Counter({
    name: 'lock_handed_on_total',
    help: 'Leases handed over by another holder in this process.',
    labelNames: ['mode'],
    registers,
  });
  const holds = new Histogram({
    name: 'lock_hold_duration_seconds',
    help: 'How long leases were held, by how they ended: released, lost, or expired before the release.',
    labelNames: ['mode', 'outcome'],
    buckets: durationBuckets,
    registers,
  });
  const losses = new Counter({
    name: 'lock_losses_total',
    help: 'Leases lost while held, by reason.',
    labelNames: ['mode', 'reason'],
    registers,
  });

  return (mode) => {
    for (const reason of lossReasons) losses.inc({ mode, reason }, 0); // the first one, too, is then an increase
    return {
      onAcquire(event) {
        if (isProbe(event)) return;
        acquisitions.observe({ mode, outcome: event.outcome }, event.waitMs / 1000);
        if (event.handedOver) handOvers.inc({ mode });
      },
      onRelease(event) {
        if (!isProbe(event)) holds.observe({ mode, outcome: event.outcome }, event.holdMs / 1000);
      },
      onLost(event) {
        if (isProbe(event)) return;
        const { reason, holdMs } = event;
        losses.inc({ mode, reason });
        holds.observe({ mode, outcome: 'lost' }, holdMs / 1000);
      },
    };
  };
}
