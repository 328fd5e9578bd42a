import type { Logger } from 'pino';
import { isDatabaseUnreachable } from '../../database/errors.ts';
import { pause } from '../../pause.ts';
import type { Runtime } from '../../redis-lock/index.ts';
import { messageOf } from '../../thrown.ts';
import type { Job } from '../job.ts';
import type { Leader } from '../scheduling/leader.ts';
import type { EnteredRun } from './begin-run.ts';
import type { Outcome } from './run-row.ts';
import type { JobRuns, RunEnd } from './runs.ts';

export interface PerformOptions {
  readonly job: Job;
  readonly run: EnteredRun;
  readonly runs: JobRuns;
  readonly leader: Leader;
  readonly runtime: Runtime;
  readonly log: Logger;
  /** The instance stops. */
  readonly stop: AbortSignal;
  /** How long the job may take to heed its signal; and to record its end, once the instance stops. */
  readonly graceMs: number;
}

/** How a run ended; `superseded`: its record is by now a successor's. */
export interface Performed {
  readonly outcome: Outcome | 'superseded';
  readonly durationMs: number;
}

/** How long an end may take to be recorded while the database is away; after that, the next run finds it open. */
const recordWithinMs = 15_000;
const recordAgainMs = 250;

/** Why a run is broken off, and what it is recorded as. */
class BrokenOff extends Error {
  override readonly name = 'BrokenOff';
  readonly outcome: Outcome;

  constructor(outcome: Outcome, why: string) {
    super(why);
    this.outcome = outcome;
  }
}

/** What came of the work: of its promise, or of nobody's heeding the signal. */
type Settled =
  | { how: 'fulfilled'; detail: string }
  | { how: 'rejected'; error: unknown }
  | { how: 'unheeded' | 'unbegun' };

/** Runs a job whose beginning is recorded, and records its end. Whatever the job does: it does not throw. */
export async function perform(options: PerformOptions): Promise<Performed> {
  const { job, run, runtime, log } = options;
  const startedAt = runtime.now();
  const abort = new AbortController();
  const forget = forwardAborts(options, abort);
  const context = { signal: abort.signal, scheduledAt: run.scheduledAt, token: run.token, log };
  const settled: Settled = abort.signal.aborted
    ? { how: 'unbegun' }
    : await Promise.race([execute(job, context), unheeded(abort.signal, options)]);
  forget();
  const durationMs = runtime.now() - startedAt;
  const end: RunEnd = { ...judge(settled, run, abort.signal), workedMs: durationMs };
  if (end.outcome !== 'succeeded') {
    const err = settled.how === 'rejected' ? settled.error : undefined;
    log.warn({ outcome: end.outcome, detail: end.detail, err }, 'The job has not succeeded');
  }
  return { outcome: await record(options, end), durationMs };
}

/**
 * Has the run broken off when its lock, or the lead, is lost or the instance stops. Looked at right before the work, and
 * not left to the signals alone: a process that was paused hears of its deadlines some time after it has woken up.
 *
 * @returns what ends that. (By hand: what `AbortSignal.any` makes stays with the instance's own signal, run after run.)
 */
function forwardAborts({ job, run, leader, stop }: PerformOptions, abort: AbortController): () => void {
  const notHeld = new BrokenOff('lost', 'the lease on the lock ran out or was lost');
  const notLeader = new BrokenOff('lost', 'this instance was not the leader any more');
  const stopped = new BrokenOff('killed', 'the instance was stopped');
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

/** A crash in the job, now or later, is nobody else's. */
async function execute(job: Job, context: Parameters<Job['run']>[0]): Promise<Settled> {
  try {
    return { how: 'fulfilled', detail: String(await job.run(context)) };
  } catch (error) {
    return { how: 'rejected', error };
  }
}

/** Nobody waits for ever for a job that does not heed its signal. Whatever it still does, it does without the lock. */
function unheeded(signal: AbortSignal, { runtime, graceMs }: PerformOptions): Promise<Settled> {
  return new Promise((resolve) => {
    on(signal, () => runtime.setBackgroundTimer(() => resolve({ how: 'unheeded' }), graceMs));
  });
}

function judge(settled: Settled, { lease }: EnteredRun, { reason }: AbortSignal): Pick<RunEnd, 'outcome' | 'detail'> {
  const notes = { unbegun: ' before the work began', unheeded: ', and the job went on all the same' };
  const note = settled.how === 'unbegun' || settled.how === 'unheeded' ? notes[settled.how] : '';
  // Whatever it came to, it may have had company.
  if (lease.validForMs() === 0) return { outcome: 'lost', detail: `the lease on the lock ran out or was lost${note}` };
  if (settled.how === 'fulfilled') return { outcome: 'succeeded', detail: settled.detail };
  if (reason instanceof BrokenOff) return { outcome: reason.outcome, detail: `${reason.message}${note}` };
  return { outcome: 'failed', detail: messageOf(settled.how === 'rejected' ? settled.error : undefined) };
}

/** Keeps at it while the database is away: the lease keeps others from marking the run as dead meanwhile. */
async function record(options: PerformOptions, end: RunEnd): Promise<Performed['outcome']> {
  const { run, runs, runtime, log, stop, graceMs } = options;
  const { outcome } = end;
  for (const startedAt = runtime.now(); ; await pause(runtime, recordAgainMs)) {
    try {
      if ((await runs.finish(run, end)) === 'recorded') return outcome;
      log.warn({ outcome }, 'The end of the run is not recorded: a later run has begun, or has marked this one');
      return 'superseded';
    } catch (error) {
      const withinMs = stop.aborted ? graceMs : recordWithinMs;
      if (isDatabaseUnreachable(error) && runtime.now() < startedAt + withinMs) continue;
      log.error({ err: error, outcome }, 'The end of the run could not be recorded');
      return outcome;
    }
  }
}
