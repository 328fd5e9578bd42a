import type { JSX } from 'preact';
import type { RaceResult } from '../../race/race.ts';
import { sentenceFor } from '../describe-run.ts';
import type { RaceReport, RunReport } from '../run-report.ts';
import { Bars } from './bars.tsx';
import { FiguresTable } from './figures-table.tsx';
import { Conditions, renderFrame } from './frame.tsx';
import { History } from './history.tsx';
import { Inconsistency } from './inconsistency.tsx';
import { Latencies } from './latency.tsx';
import { VerdictMark } from './verdict-mark.tsx';

/** The content of the page. */
export interface Page {
  readonly report: RaceReport;
  /** The details of the report's runs. */
  readonly results: readonly RaceResult[];
  readonly load: { readonly users: number; readonly connections: number; readonly seconds: number };
  readonly writtenAt: Date;
}

/** Renders the page of a whole run: see {@link renderFrame}. */
export function renderPage({ report, results, load, writtenAt }: Page): string {
  const { runs } = report;
  return renderFrame({
    title: `Payment race: ${runs.map(({ mode }) => mode).join(', ')}`,
    style: 'race',
    content: (
      <>
        <h1>Payment race</h1>
        <p class="lead">{describeOutcome(report)}</p>
        <section>
          <h2>Throughput beside safety</h2>
          <Bars runs={runs} />
        </section>
        <section>
          <h2>All figures</h2>
          <FiguresTable runs={runs} />
        </section>
        <section>
          <h2>Latency</h2>
          <p>
            The share of requests that was answered within a time, in milliseconds on a logarithmic scale. The dots are
            the median and the 99th percentile.
          </p>
          <Latencies runs={runs} />
        </section>
        <section>
          <h2>What happened</h2>
          {results.map((result) => (
            <Run key={result.report.mode} {...result} />
          ))}
        </section>
        <Conditions of={conditionsOf(report, load, writtenAt)} />
      </>
    ),
  });
}

function describeOutcome({ runs, demonstrated }: RaceReport): string {
  const list = (of: readonly RunReport[]) => of.map(({ mode, verdict }) => `${mode} ${verdict}`).join(', ');
  if (demonstrated) return `Every mode was as expected: ${list(runs)}.`;
  return `Not as expected: ${list(runs.filter(({ verdict, expected }) => verdict !== expected))}.`;
}

function Run({ report, inconsistent: [user], unexplained }: RaceResult): JSX.Element {
  return (
    <article>
      <h3>
        {report.mode} <VerdictMark {...report} />
      </h3>
      <p>{sentenceFor(report)}</p>
      {user && <Inconsistency user={user} mode={report.mode} />}
      {unexplained && <History of={unexplained} />}
    </article>
  );
}

function conditionsOf({ seed, environment, runs }: RaceReport, load: Page['load'], writtenAt: Date) {
  return {
    Load: `${load.users} users, ${load.connections} connections, ${load.seconds} s per mode`,
    Instances: Math.max(...runs.map((run) => run.instances)),
    Seed: seed,
    'Node.js': environment.node,
    MySQL: environment.mysql,
    Redis: environment.redis,
    nginx: environment.nginx,
    Processors: environment.cpus,
    Written: writtenAt.toISOString(),
  };
}
