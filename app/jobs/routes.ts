import { Router } from 'express';
import { handle } from '../http/methods.ts';
import { ProblemError, retryAfter } from '../http/problem.ts';
import { pause } from '../pause.ts';
import { type OverviewDeps, readOverview } from './overview.ts';
import type { ManualRun } from './runs/job-runner.ts';
import type { Scheduler } from './scheduling/scheduler.ts';

export interface JobsRoutesDeps extends OverviewDeps {
  readonly scheduler: Scheduler;
  /** True if a client may start a run. */
  readonly lab: boolean;
}

/** How long a manual run may delay its answer, in milliseconds; nginx waits longer. */
const answerWithinMs = 10_000;

/**
 * - `GET /jobs`: {@link JobsOverview}. Every instance answers for all.
 * - `POST /jobs/:name/run`, with the lab on: runs the job now on the instance that is asked, independent of its ticks. 200
 *   `{"status": "ran", "run": …}` once it has ended; 202 `{"status": "running", "run": …}` if it takes long.
 */
export function jobsRoutes(deps: JobsRoutesDeps): Router {
  const { scheduler, runs, runtime, lab } = deps;
  const router = Router();
  handle(router, '/jobs', { get: async (_req, res) => void res.json(await readOverview(deps)) });
  if (!lab) return router;
  handle(router, '/jobs/:name/run', {
    post: async (req, res) => {
      const name = String(req.params.name);
      const manual = await scheduler.runNow(name);
      if (!manual) throw unknownJob(name, scheduler);
      if (manual.outcome !== 'begun') throw refused(name, manual);
      const answered = new AbortController();
      const over = manual.ended.then(() => true);
      const ended = await Promise.race([over, pause(runtime, answerWithinMs, answered.signal).then(() => false)]);
      answered.abort();
      const run = await runs.find(name, manual.scheduledAt);
      res.status(ended ? 200 : 202).json({ status: ended ? 'ran' : 'running', run });
    },
  });
  return router;
}

function unknownJob(name: string, { jobs }: Scheduler): ProblemError {
  const names = jobs.map(({ job }) => job.name).join(', ');
  return new ProblemError('unknown-job', `No job is named ${name}. The jobs are ${names}.`);
}

function refused(name: string, { reason, ...rest }: Exclude<ManualRun, { outcome: 'begun' }>): ProblemError {
  if (reason === 'unavailable') {
    const cause = 'cause' in rest ? rest.cause : undefined;
    const detail = 'Redis or the database did not answer. The job was not begun.';
    return new ProblemError('unavailable', detail, { headers: retryAfter(0), cause });
  }
  const detail =
    reason === 'not-leader'
      ? `The job ${name} runs only on the leader. This instance is not the leader.`
      : `The job ${name} is running, or has just run.`;
  const retryAfterMs = 'retryAfterMs' in rest ? (rest.retryAfterMs ?? 0) : 0;
  return new ProblemError('job-busy', detail, { headers: retryAfter(retryAfterMs) });
}
