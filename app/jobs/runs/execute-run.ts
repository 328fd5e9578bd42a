import type { Logger } from 'pino';
import { isDatabaseUnreachable } from '../../database/errors.ts';
import { pause } from '../../pause.ts';
import type { Runtime } from '../../redis-lock/index.ts';
import { messageOf } from '../../thrown.ts';
import type { Job } from '../job.ts';
import type { Leader } from '../scheduling/leader.ts';
import type { ClaimedRun } from './begin-run.ts';
import type { Outcome } from './run-row.ts';
import type { JobRuns, RunEnd } from './runs.ts';

export interface ExecuteOptions {
  readonly job: Job;
  readonly run: ClaimedRun;
  readonly runs: JobRuns;
  readonly leader: Leader;
  readonly runtime: Runtime;
  readonly log: Logger;
  /** Aborts when the instance stops. */
  readonly stop: AbortSignal;
  /** How long the job may take to stop on its signal, and then to record its end, in milliseconds. */
  readonly graceMs: number;
}

/** How a run ended; `superseded`: its record belongs to a successor. */
export interface RunResult {
  readonly outcome: Outcome | 'superseded';
  readonly durationMs: number;
}

/** How long to retry recording an end while the database is down. After that, the next run finds the row open. */
const recordWithinMs = 15_000;
const recordAgainMs = 250;

/** Why a run was aborted, and its recorded outcome. */
class RunAborted extends Error {
  override readonly name = 'RunAborted';
  readonly outcome: Outcome;

  constructor(outcome: Outcome, why: string) {
    super(why);
    this.outcome = outcome;
  }
}

/** How the work ended. `unresponsive`: it did not stop on its signal; `not-begun`: the signal came first. */
type Settled =
  | { how: 'fulfilled'; detail: string }
  | { how: 'rejected'; error: unknown }
  | { how: 'unresponsive' | 'not-begun' };

/** Runs a job whose beginning is recorded, and records its end. Never throws, whatever the job does. */
export async function executeRun(options: ExecuteOptions): Promise<RunResult> {
  const { job, run, runtime, log } = options;
  const startedAt = runtime.now();
  const abort = new AbortController();
  const unsubscribe = forwardAborts(options, abort);
  const context = { signal: abort.signal, scheduledAt: run.scheduledAt, token: run.token, log };
  const settled: Settled = abort.signal.aborted
    ? { how: 'not-begun' }
    : await Promise.race([runJob(job, context), unresponsive(abort.signal, options)]);
  unsubscribe();
  const durationMs = runtime.now() - startedAt;
  const end: RunEnd = { ...judge(settled, run, abort.signal), workedMs: durationMs };
  if (end.outcome !== 'succeeded') {
    const err = settled.how === 'rejected' ? settled.error : undefined;
    log.warn({ outcome: end.outcome, detail: end.detail, err }, 'Job did not succeed');
  }
  return { outcome: await record(options, end), durationMs };
}

/**
 * Aborts the run if its lock or the leadership is lost, or the instance stops. Also checks right before the work: in a
 * process that was paused, timers fire some time after it resumes.
 *
 * @returns a function that ends this. (Not `AbortSignal.any`: its signals stay registered with the instance's signal.)
 */
function forwardAborts({ job, run, leader, stop }: ExecuteOptions, abort: AbortController): () => void {
  const notHeld = new RunAborted('lost', 'the lease expired or was lost');
  const notLeader = new RunAborted('lost', 'the instance was no longer the leader');
  const stopped = new RunAborted('killed', 'the instance was stopped');
  const term = job.onLeader ? leader.term() : undefined;
  if (run.lease.validForMs() === 0) abort.abort(notHeld);
  if (job.onLeader && !term) abort.abort(notLeader);
  if (stop.aborted) abort.abort(stopped);
  const undo = [
    on(run.lease.signal, () => abort.abort(notHeld)),
    term ? on(term.signal, () => abort.abort(notLeader)) : () => {},
    on(stop, () => abort.abort(stopped)),
  ];
  return () => undo.forEach((remove) => void remove());
}

function on(signal: AbortSignal, abort: () => void): () => void {
  signal.addEventListener('abort', abort, { once: true });
  return () => signal.removeEventListener('abort', abort);
}

/** Catches whatever the job throws. */
async function runJob(job: Job, context: Parameters<Job['run']>[0]): Promise<Settled> {
  try {
    return { how: 'fulfilled', detail: String(await job.run(context)) };
  } catch (error) {
    return { how: 'rejected', error };
  }
}

/** Resolves if the job ignores its signal for the grace period. It may then go on without the lock. */
function unresponsive(signal: AbortSignal, { runtime, graceMs }: ExecuteOptions): Promise<Settled> {
  return new Promise((resolve) => {
    on(signal, () => runtime.setBackgroundTimer(() => resolve({ how: 'unresponsive' }), graceMs));
  });
}

function judge(settled: Settled, { lease }: ClaimedRun, { reason }: AbortSignal): Pick<RunEnd, 'outcome' | 'detail'> {
  const notes = { 'not-begun': ' before the work began', unresponsive: ', and the job did not stop' };
  const note = settled.how === 'not-begun' || settled.how === 'unresponsive' ? notes[settled.how] : '';
  // Even if the job succeeded, another run may have overlapped it.
  if (lease.validForMs() === 0) return { outcome: 'lost', detail: `the lease expired or was lost${note}` };
  if (settled.how === 'fulfilled') return { outcome: 'succeeded', detail: settled.detail };
  if (reason instanceof RunAborted) return { outcome: reason.outcome, detail: `${reason.message}${note}` };
  return { outcome: 'failed', detail: messageOf(settled.how === 'rejected' ? settled.error : undefined) };
}

/** Retries while the database is down. The lease keeps others from marking the run as dead in the meantime. */
async function record(options: ExecuteOptions, end: RunEnd): Promise<RunResult['outcome']> {
  const { run, runs, runtime, log, stop, graceMs } = options;
  const { outcome } = end;
  for (const startedAt = runtime.now(); ; await pause(runtime, recordAgainMs)) {
    try {
      if ((await runs.finish(run, end)) === 'recorded') return outcome;
      log.warn({ outcome }, 'Run end not recorded: superseded by a later run');
      return 'superseded';
    } catch (error) {
      const withinMs = stop.aborted ? graceMs : recordWithinMs;
      if (isDatabaseUnreachable(error) && runtime.now() < startedAt + withinMs) continue;
      log.error({ err: error, outcome }, 'Could not record the run end');
      return outcome;
    }
  }
}
