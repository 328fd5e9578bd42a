import type { Fetched } from '../api/http.ts';
import type { AskedRun, Job, Jobs } from '../api/jobs.ts';
import type { Fleet } from '../api/lab.ts';
import { tellRun, tellTook } from './describe-jobs.ts';

/** What is known beside the answer when somebody has had a job run. */
export interface Around {
  readonly job: Pick<Job, 'ttlMs' | 'onLeader'>;
  readonly leader: Jobs['leader'];
  readonly fleet: Pick<Fleet, 'redis' | 'database'> | undefined;
}

/** The answer to somebody who has had a job run, in words that say whether it was run. */
export interface AskedWords {
  readonly words: string;
  readonly state: 'right' | 'wrong' | 'open';
}

export function tellAsked(answer: Fetched<AskedRun>, around: Around): AskedWords {
  if (answer.outcome === 'unreachable') return unanswered;
  if (answer.outcome === 'problem') return { words: tellRefusal(answer, around), state: 'wrong' };
  const { status, run } = answer.body;
  if (!run) return { words: '✕ Begun, and its record is gone: it is older than what is kept.', state: 'wrong' };
  if (status === 'running')
    return { words: `… Begun on ${run.instance}, and still running. Its end will be told below.`, state: 'open' };
  const { mark, word, state } = tellRun(run, around.job, run.startedAt);
  return { words: `${mark} Ran on ${run.instance}: ${word} ${tellTook(run) ?? ''}`.trim(), state };
}

const unanswered: AskedWords = { words: '? No answer. Whether it was run will be seen below.', state: 'wrong' };

type Refusal = Extract<Fetched<AskedRun>, { outcome: 'problem' }>;

function tellRefusal({ problem, detail, headers }: Refusal, { job, leader, fleet }: Around): string {
  switch (problem) {
    case 'job-busy': {
      const asked = headers.get('X-Instance');
      if (job.onLeader && asked && asked !== leader?.instance)
        return `✕ Not run: it runs on the leader only (${leader?.instance ?? 'nobody is known to lead'}), and nginx asked ${asked}. Try again.`;
      return `✕ Not run: it is running elsewhere, or has run just now.${again(headers)}`;
    }
    case 'unavailable':
      return `✕ Not run: ${awayOf(fleet)}, so nobody can tell whether another instance is at it.`;
    case 'bad-gateway':
    case 'gateway-timeout':
      return unanswered.words;
    case 'not-found':
      return '✕ Not run: the lab is off on the instance that was asked.';
    default:
      return `✕ Not run: ${detail}`;
  }
}

/** Where it is known which of the two is down, that one is named. */
function awayOf(fleet: Around['fleet']): string {
  if (fleet?.redis === 'down') return 'Redis does not answer';
  if (fleet?.database === 'down') return 'MySQL does not answer';
  return 'Redis or MySQL did not answer';
}

function again(headers: Headers): string {
  const seconds = Number(headers.get('Retry-After'));
  return seconds > 0 ? ` Try again in ${seconds} s.` : '';
}
