import { openDatabase } from '../../app/database/open.ts';
import { migrate } from '../../migrations/migrate.ts';
import { showPhases } from '../report/terminal/progress.ts';
import { installServers } from '../stack/install/install-servers.ts';
import { findPrograms } from '../stack/install/programs.ts';
import { startKeeper } from '../stack/processes/keeper.ts';
import { startMysql } from '../stack/servers/mysql.ts';
import { startRedis } from '../stack/servers/redis.ts';
import { runCampaign } from './campaign.ts';
import type { JobFault, JobsVerdict } from './verdict.ts';

/** The offsets of the instances' clocks, and the faults. */
interface Part {
  readonly name: string;
  readonly offsetsMs: readonly number[];
  readonly faults: readonly JobFault[];
}

export interface PartReport {
  readonly name: string;
  readonly verdict: JobsVerdict;
}

const parts: readonly Part[] = [
  { name: 'no fault, clocks that agree', offsetsMs: [0, 0, 0], faults: [] },
  { name: 'crashes, clocks 2 s ahead and behind', offsetsMs: [2000, 0, -2000], faults: ['killed', 'redis-restarted'] },
  {
    name: 'crashes and freezes, clocks 0.3 s ahead and behind',
    offsetsMs: [300, 0, -300],
    faults: ['frozen', 'killed', 'frozen', 'redis-restarted'],
  },
];

/** The first part needs fewer ticks, because it has no faults. */
const shares = [0.25, 0.375, 0.375];
/** Number of runs from one fault to the next: a killed instance has restarted by then. */
const faultEvery = 8;

export interface PartsOptions {
  readonly ticks: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

export interface JobsTestResults {
  readonly parts: readonly PartReport[];
  readonly versions: { readonly mysql: string; readonly redis: string };
}

/** Runs the parts one after the other, on a database and a Redis of its own. */
export async function runParts({ ticks, seed, say }: PartsOptions): Promise<JobsTestResults> {
  await showPhases(say, installServers);
  const keeper = await startKeeper();
  try {
    const programs = findPrograms();
    const [mysql, redis] = await showPhases(say, (begin) => {
      begin('starting MySQL and Redis');
      return Promise.all([
        startMysql(programs.mysql ?? 'mysqld', keeper),
        startRedis(programs.redis ?? 'redis-server', keeper),
      ]);
    });
    const db = openDatabase({ url: mysql.url, poolMax: 2, timeoutMs: 10_000, say: () => {} });
    await migrate(db).finally(() => db.destroy());

    const reports: PartReport[] = [];
    for (const [index, { name, offsetsMs, faults }] of parts.entries()) {
      const share = Math.round(ticks * (shares[index] ?? 0));
      const again = Array.from({ length: Math.floor((share - 1) / faultEvery) }, (_, at) => faults[at % faults.length]);
      const inTurn = again.filter((fault) => fault !== undefined);
      say(`${name}: ${share} ticks on ${offsetsMs.length} instances`);
      const place = { keeper, redis, mysqlUrl: mysql.url, job: `part-${index + 1}` };
      const plan = { offsetsMs, ticks: share, faults: inTurn, faultEvery, seed: seed + index };
      const onEvent = (what: string) => say(`  ${what}`);
      reports.push({ name, verdict: await runCampaign({ ...place, ...plan, onEvent }) });
    }
    return { parts: reports, versions: { mysql: mysql.version, redis: redis.version } };
  } finally {
    await keeper.end();
  }
}
