import type { Job, JobRun } from '../../api/jobs.ts';
import { describeRun, formatDuration } from '../../narrative/lab/describe-jobs.ts';
import { formatTime } from '../../narrative/steps/format-time.ts';
import { Head } from '../table.tsx';

const shown = 3;

/** The last runs, the latest first: time, instance, outcome. */
export function JobRuns({ job, now }: { job: Job; now: string }) {
  const { lastRuns } = job;
  const earlier = lastRuns.length - shown;
  if (lastRuns.length === 0) return <p class="aside">No runs yet.</p>;
  return (
    <>
      <RunsTable caption="Last runs" job={job} runs={lastRuns.slice(0, shown)} now={now} />
      {earlier > 0 && (
        <details>
          <summary>{earlier} earlier runs</summary>
          <RunsTable caption="Earlier runs" job={job} runs={lastRuns.slice(shown)} now={now} />
        </details>
      )}
    </>
  );
}

interface RunsTableProps {
  readonly caption: string;
  readonly job: Job;
  readonly runs: readonly JobRun[];
  readonly now: string;
}

function RunsTable({ caption, job, runs, now }: RunsTableProps) {
  return (
    <table class="rows">
      <caption>{caption}</caption>
      <Head of={['When', 'By', 'Outcome']} />
      <tbody>
        {runs.map((run) => (
          <RunRow key={run.scheduledAt} job={job} run={run} now={now} />
        ))}
      </tbody>
    </table>
  );
}

function RunRow({ job, run, now }: { job: Job; run: JobRun; now: string }) {
  const { mark, word, state } = describeRun(run, job, now);
  return (
    <tr>
      <th scope="row">
        <time dateTime={run.scheduledAt}>{formatTime(run.scheduledAt, now, job.timeZone)}</time>
        {run.byHand && <small> manual</small>}
      </th>
      <td>{run.instance}</td>
      <td>
        <span class={state}>
          {mark} {word}
        </span>{' '}
        <small class="took">{formatDuration(run)}</small>
        {run.detail && <Detail text={run.detail} />}
      </td>
    </tr>
  );
}

/** Two or three lines. */
const longest = 140;

function Detail({ text }: { text: string }) {
  if (text.length <= longest) return <p class="detail">{text}</p>;
  return (
    <details class="detail">
      <summary>{text.slice(0, longest - 40).trimEnd()} …</summary>
      {text}
    </details>
  );
}
