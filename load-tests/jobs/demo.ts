import type { RecordedRun } from '../../app/jobs/runs/run-row.ts';
import { until } from '../../app/testing/until.ts';
import { showPhases } from '../report/terminal/progress.ts';
import { startStack } from '../stack/index.ts';
import { countByInstance } from './counts.ts';
import { followLogs, type LogLine } from './log-tail.ts';
import { openRecordedRuns } from './recorded-runs.ts';
import { startSyncServer } from './sync-server.ts';

export interface DemoReport {
  /** True if everything was as promised. */
  readonly asPromised: boolean;
  readonly ttlMs: number;
  readonly ticks: number;
  /** Ticks without a run, between the first run and the last. */
  readonly missed: number;
  /** Ticks that more than one instance began. */
  readonly twice: number;
  readonly ranBy: Readonly<Record<string, number>>;
  readonly skippedBy: Readonly<Record<string, number>>;
  readonly killed: { readonly instance: string; readonly outcome: string; readonly detail: string };
  readonly takenOverBy: string;
  /** Time from the kill until another instance had the lock. */
  readonly takenOverAfterMs: number;
}

const ttlMs = 2000;
const everySecond = '* * * * * *';
const never = '0 0 1 1 *';
const env = {
  JOBS: 'on',
  LOG_LEVEL: 'info',
  JOBS_TTL_MS: String(ttlMs),
  SYNC_SCHEDULE: everySecond,
  RECONCILE_SCHEDULE: never,
  PRUNE_SCHEDULE: never,
};
/** Allowed delay of the takeover after the TTL, for a busy machine. */
const slackMs = 500;
const patienceMs = 30_000;

const isGrant = ({ job, msg }: LogLine) => job === 'sync' && msg === 'Acquired job lock';
const isSkip = ({ job, msg }: LogLine) => job === 'sync' && msg.endsWith('skipping this run');

/** Runs the demonstration, and prints each event. */
export async function runDemo(ticks: number, print: (line: string) => void): Promise<DemoReport> {
  await using server = await startSyncServer();
  const demoEnv = { ...env, SYNC_URLS: server.urls.join(',') };
  await using stack = await showPhases(print, (onProgress) => startStack({ env: demoEnv, onProgress }));
  print(`\nsync is due each second, on three instances. It calls ${server.urls.join(', ')}.\n`);
  const log = followLogs(
    stack.instances.map(({ logFile }) => logFile),
    (line) => {
      const text = describeLine(line);
      if (text) print(text);
    },
  );
  await using records = openRecordedRuns(stack.mysql.url);
  const recorded = () => records.latest('sync', 1000);
  try {
    const ended = async (count: number) => (await recorded()).filter(({ outcome }) => outcome).length >= count;
    const untilEnded = (what: string, count: number) =>
      until(what, () => ended(count), { withinMs: count * 1000 + patienceMs, everyMs: 50 });
    await untilEnded(`${ticks} ticks have been run`, ticks);

    await server.hold(patienceMs);
    const [running] = (await recorded()).filter(({ outcome }) => outcome === null);
    const victim = stack.instances.find(({ name }) => name === running?.instance);
    if (!running || !victim) throw new Error('no instance is running the job, although sync is being called');
    const killedAt = Date.now();
    victim.kill('SIGKILL');
    await victim.ended();
    server.resume();
    print(`\n${victim.name} is killed in mid-job (SIGKILL). Its lock outlives it for ${ttlMs} ms at most.\n`);
    const later = (line: LogLine) => isGrant(line) && line.instance !== victim.name && Date.parse(line.time) > killedAt;
    const grant = await log.until('Acquired job lock', later, patienceMs);
    const had = (await recorded()).length;
    await untilEnded('three more ticks have been run', had + 3);
    await log.stop();

    const runs = await recorded();
    const killed = runs.find(({ token }) => token === running.token);
    return judge({
      ttlMs,
      ticks: runs.length,
      ...gaps(runs),
      ranBy: countByInstance(runs),
      skippedBy: countByInstance(log.lines.filter(isSkip)),
      killed: { instance: victim.name, outcome: killed?.outcome ?? 'none', detail: killed?.detail ?? '' },
      takenOverBy: grant.instance,
      takenOverAfterMs: Date.parse(grant.time) - killedAt,
    });
  } finally {
    await log.stop();
  }
}

/** @returns the line for the transcript, with the time of day; undefined if it is left out. */
function describeLine({ time, instance, msg, job, tick, token }: LogLine): string | undefined {
  if (job !== 'sync' && !/leader|lead /.test(msg)) return;
  const notes = [job === 'sync' && tick && `tick ${tick.slice(16, 19)}`, token && `token ${token}`].filter(Boolean);
  const noted = / answered \d+$/.test(msg) || notes.length === 0 ? '' : `  (${notes.join(', ')})`;
  return `${time.slice(11, 23)}  ${instance}  ${msg}${noted}`;
}

function judge(report: Omit<DemoReport, 'asPromised'>): DemoReport {
  const { missed, twice, killed, takenOverAfterMs } = report;
  const inTime = takenOverAfterMs <= ttlMs + slackMs;
  return { asPromised: missed === 0 && twice === 0 && killed.outcome === 'killed' && inTime, ...report };
}

function gaps(runs: readonly RecordedRun[]): { missed: number; twice: number } {
  const ticks = runs.map(({ scheduledAt }) => scheduledAt.getTime());
  const different = new Set(ticks).size;
  const due = ticks.length === 0 ? 0 : (Math.max(...ticks) - Math.min(...ticks)) / 1000 + 1;
  return { missed: due - different, twice: ticks.length - different };
}
