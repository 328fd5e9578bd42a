import type { RaceResult } from '../../race/race.ts';
import { sentenceFor } from '../describe-run.ts';
import type { RaceReport } from '../run-report.ts';
import { renderBars } from './bars.ts';
import { renderFigures } from './figures-table.ts';
import { renderConditions, renderFrame } from './frame.ts';
import { renderLatencies } from './latency.ts';
import { html, type Markup } from './markup.ts';
import { renderSpaceTime } from './space-time.ts';
import { renderTimeline } from './timeline.ts';
import { markVerdict } from './verdict-mark.ts';

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
    styles: ['race', 'figure'],
    content: html`<h1>Payment race</h1>
<p class="lead">${describeOutcome(report)}</p>
<section><h2>Throughput beside safety</h2>
${renderBars(runs)}</section>
<section><h2>All figures</h2>
${renderFigures(runs)}</section>
<section><h2>Latency</h2>
<p>The share of requests that was answered within a time, in milliseconds on a logarithmic scale. The dots are the median and
the 99th percentile.</p>
${renderLatencies(runs)}</section>
<section><h2>What happened</h2>
${results.map(renderRun)}</section>
${renderConditions(conditionsOf(report, load, writtenAt))}`,
  });
}

function describeOutcome({ runs, demonstrated }: RaceReport): string {
  if (demonstrated) return 'Every mode was as expected: violated without mutual exclusion, held with it.';
  const unexpected = runs.filter(({ verdict, expected }) => verdict !== expected);
  return `Not as expected: ${unexpected.map(({ mode, verdict }) => `${mode} ${verdict}`).join(', ')}.`;
}

function renderRun({ report, inconsistent: [user], unexplained }: RaceResult): Markup {
  return html`<article>
<h3>${report.mode} ${markVerdict(report)}</h3>
<p>${sentenceFor(report)}</p>
${user && renderSpaceTime(user)}
${unexplained && renderTimeline(unexplained)}
</article>
`;
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
