import './jobs.css';
import type { Job, Jobs } from '../../api/jobs.ts';
import {
  describeLeader,
  describeMissed,
  describeNextRun,
  describeOff,
  describeTerm,
  describeUnreadable,
  formatRanBy,
  formatSkips,
} from '../../narrative/lab/describe-jobs.ts';
import type { Page } from '../../runner/page.ts';
import { Button } from '../button.tsx';
import { JobRuns } from './job-runs.tsx';

/** The scheduled jobs: next run, instances, outcomes. */
export function JobsSection({ page }: { page: Page }) {
  const { jobs, error } = page.jobs;
  const known = jobs.value;
  const off = known && describeOff(known);
  return (
    <section id="jobs" class="jobs" aria-labelledby="jobs-title">
      <h2 id="jobs-title">Jobs</h2>
      <p class="lead">
        Every instance is due to run each job at the same time. A lock in Redis admits one; the others skip the tick. A
        run is recorded before it starts, so that no tick runs twice.
      </p>
      {known && (
        <p class="leads">
          <b>{describeLeader(known)}</b> <small>{describeTerm(known)}</small>
        </p>
      )}
      <div role="status">
        {error.value && <p class="error">{describeUnreadable(error.value, known?.now)}</p>}
        {off && <p class="error">{off}</p>}
      </div>
      {!known && !error.value && <p>Loading jobs …</p>}
      {known && (
        <div class="list">
          {known.jobs.map((job) => (
            <JobPanel key={job.name} page={page} jobs={known} job={job} />
          ))}
        </div>
      )}
    </section>
  );
}

function JobPanel({ page, jobs, job }: { page: Page; jobs: Jobs; job: Job }) {
  const id = `job-${job.name}`;
  const missed = describeMissed(job, jobs);
  return (
    <article class="job" aria-labelledby={id}>
      <div class="head">
        <h3 id={id}>{job.name}</h3>
        {page.lab.lab.value === 'on' && <RunNow page={page} name={job.name} />}
      </div>
      <p class="when">
        {job.inWords}{' '}
        <small>
          <code>{job.schedule}</code> in {job.timeZone}
          {job.onLeader && ', on the leader only'}
        </small>
      </p>
      <Answer page={page} name={job.name} />
      <dl class="facts">
        <dt>Next run</dt>
        <dd>{describeNextRun(job, jobs)}</dd>
        <dt>Run by</dt>
        <dd>{formatRanBy(job)}</dd>
        <dt>Skipped by</dt>
        <dd>{formatSkips(job)}</dd>
        <dt>Missed ticks</dt>
        <dd class={missed.any ? 'wrong' : undefined}>{missed.text}</dd>
      </dl>
      <JobRuns job={job} now={jobs.now} />
    </article>
  );
}

function RunNow({ page, name }: { page: Page; name: string }) {
  const isAsked = page.jobs.answers.value[name] === 'asked';
  return (
    <Button idle={isAsked} onPress={() => void page.jobs.run(name)}>
      {isAsked ? 'Running' : 'Run now'}
      <span class="unseen"> {name}</span>
    </Button>
  );
}

/** The answer to a manual run; empty before. */
function Answer({ page, name }: { page: Page; name: string }) {
  const answer = page.jobs.answers.value[name];
  return (
    <div role="status">{answer && answer !== 'asked' && <p class={`answer ${answer.state}`}>{answer.text}</p>}</div>
  );
}
