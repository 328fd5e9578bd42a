import { Router } from 'express';
import { handle } from '../http/methods.ts';
import { ProblemError, retryAfter } from '../http/problem.ts';
import { pause } from '../pause.ts';
import { type OverviewDeps, readOverview } from './overview.ts';
import type { AskedRun } from './runs/job-runner.ts';
import type { Scheduler } from './scheduling/scheduler.ts';

export interface JobsRoutesDeps extends OverviewDeps {
  readonly scheduler: Scheduler;
  /** Whether a client may have a job run. */
  readonly lab: boolean;
}

/** How long a run by hand may keep its caller waiting; nginx waits longer. */
const answerWithinMs = 10_000;

/**
 * - `GET /jobs`: {@link JobsOverview}. Any instance answers for all.
 * - `POST /jobs/:name/run`, in the lab: runs the job now, at no tick, on the instance that is asked. 200
 *   `{"status": "ran", "run": …}` with the run as it ended; 202 `{"status": "running", "run": …}` when that takes long.
 */
export function jobsRoutes(deps: JobsRoutesDeps): Router {
  const { scheduler, runs, runtime, lab } = deps;
  const router = Router();
  handle(router, '/jobs', { get: async (_req, res) => void res.json(await readOverview(deps)) });
  if (!lab) return router;
  handle(router, '/jobs/:name/run', {
    post: async (req, res) => {
      const name = String(req.params.name);
      const asked = await scheduler.runNow(name);
      if (!asked) throw unknownJob(name, scheduler);
      if (asked.outcome !== 'begun') throw refused(name, asked);
      const answered = new AbortController();
      const isOver = asked.ended.then(() => true);
      const ended = await Promise.race([isOver, pause(runtime, answerWithinMs, answered.signal).then(() => false)]);
      answered.abort();
      const run = await runs.find(name, asked.scheduledAt);
      res.status(ended ? 200 : 202).json({ status: ended ? 'ran' : 'running', run });
    },
  });
  return router;
}

function unknownJob(name: string, { jobs }: Scheduler): ProblemError {
  const names = jobs.map(({ job }) => job.name).join(', ');
  return new ProblemError('unknown-job', `No job is named ${name}; there are ${names}.`);
}

function refused(name: string, { reason, ...rest }: Exclude<AskedRun, { outcome: 'begun' }>): ProblemError {
  if (reason === 'unavailable') {
    const cause = 'cause' in rest ? rest.cause : undefined;
    const detail = 'Redis or the database did not answer: the job was not begun.';
    return new ProblemError('unavailable', detail, { headers: retryAfter(0), cause });
  }
  const detail =
    reason === 'not-leader'
      ? `The job ${name} runs on the leader only, which this instance is not.`
      : `The job ${name} is running on some instance, or has run there just now.`;
  const retryAfterMs = 'retryAfterMs' in rest ? (rest.retryAfterMs ?? 0) : 0;
  return new ProblemError('job-busy', detail, { headers: retryAfter(retryAfterMs) });
}
