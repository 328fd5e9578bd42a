import { Router } from 'express';
import { z } from 'zod';
import { isDatabaseUnreachable } from '../database/errors.ts';
import { handle } from '../http/methods.ts';
import { isInternal } from '../http/origin.ts';
import { ProblemError, retryAfter } from '../http/problem.ts';
import { pause } from '../pause.ts';
import { type JobsOverview, jobsOverviewSchema, manualRunSchema, type OverviewDeps, readOverview } from './overview.ts';
import type { ManualRun } from './runs/job-runner.ts';
import type { Scheduler } from './scheduling/scheduler.ts';

export interface JobsRoutesDeps extends OverviewDeps {
  readonly scheduler: Scheduler;
  /** True if a client may start a run. */
  readonly lab: boolean;
}

/** How long a manual run may delay its answer, in milliseconds; nginx waits longer. */
const answerWithinMs = 10_000;

/** `GET /jobs`; and with the lab on, `POST /jobs/:name/run`. */
export function jobsRoutes(deps: JobsRoutesDeps): Router {
  const { scheduler, runs, runtime, lab } = deps;
  const router = Router();
  handle(router, '/jobs', {
    get: {
      summary: 'The jobs: schedules, last runs, skips, missed ticks, and the leader. Every instance answers for all.',
      description: '`detail` of a run is null behind a proxy, unless the lab is on: it names users and URLs.',
      answers: { 200: jobsOverviewSchema },
      problems: ['unavailable'],
      async run(_given, req, res) {
        const overview = await readOverview(deps);
        res.json(lab || isInternal(req) ? overview : withoutDetails(overview));
      },
    },
  });
  if (!lab) return router;
  handle(router, '/jobs/:name/run', {
    post: {
      summary: 'Runs the job now on the instance that is asked, independent of its ticks.',
      request: { path: z.object({ name: z.string() }) },
      answers: {
        200: manualRunSchema('ran').describe('The run has ended.'),
        202: manualRunSchema('running').describe('The run takes long and goes on.'),
      },
      problems: ['unknown-job', 'job-busy', 'unavailable'],
      async run({ path: { name } }, _req, res) {
        const manual = await scheduler.runNow(name);
        if (!manual) throw unknownJob(name, scheduler);
        if (manual.outcome !== 'begun') throw refused(name, manual);
        const answered = new AbortController();
        const over = manual.ended.then(() => true);
        const ended = await Promise.race([over, pause(runtime, answerWithinMs, answered.signal).then(() => false)]);
        answered.abort();
        const run = await runs.find(name, manual.scheduledAt).catch((error: unknown) => {
          if (!isDatabaseUnreachable(error)) throw error;
          return undefined; // not `unavailable`, which says that nothing was done
        });
        res.status(ended ? 200 : 202).json({ status: ended ? 'ran' : 'running', run });
      },
    },
  });
  return router;
}

/** What a job did names users, requests and URLs: not for everyone. */
function withoutDetails(overview: JobsOverview): JobsOverview {
  const jobs = overview.jobs.map((job) => ({
    ...job,
    lastRuns: job.lastRuns.map((run) => ({ ...run, detail: null })),
  }));
  return { ...overview, jobs };
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
