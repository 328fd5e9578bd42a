import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { JobListener } from '../jobs/listener.ts';
import { durationBuckets } from './buckets.ts';

/** Counts and times the job runs of this instance. */
export function jobMetrics(registry: Registry): JobListener {
  const registers = [registry];
  const runs = new Histogram({
    name: 'job_run_duration_seconds',
    help: 'Duration of runs on this instance, by outcome; superseded: too late to be recorded.',
    labelNames: ['job', 'outcome'],
    buckets: durationBuckets,
    registers,
  });
  const skips = new Counter({
    name: 'job_skips_total',
    help: 'Ticks that this instance skipped, by reason.',
    labelNames: ['job', 'reason'],
    registers,
  });
  const leads = new Gauge({ name: 'jobs_leader', help: '1 while this instance is the leader.', registers });
  return {
    onRun: ({ job, outcome, durationMs }) => runs.observe({ job, outcome }, durationMs / 1000),
    onSkip: ({ job, reason }) => skips.inc({ job, reason }),
    onLeader: (isLeader) => leads.set(isLeader ? 1 : 0),
  };
}
