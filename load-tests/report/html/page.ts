import { readFileSync } from 'node:fs';
import type { Raced } from '../../workload/race.ts';
import type { RaceReport } from '../run-report.ts';
import { sentenceFor } from '../story.ts';
import { renderBars } from './bars.ts';
import { renderFigures } from './figures-table.ts';
import { renderLatencies } from './latency.ts';
import { html, type Markup, trusted } from './markup.ts';
import { renderSpaceTime } from './space-time.ts';
import { renderTimeline } from './timeline.ts';
import { markVerdict } from './verdict-mark.ts';

const stylesheet = trusted(readFileSync(new URL('page.css', import.meta.url), 'utf8'));

/** What a page is made of. */
export interface Page {
  readonly report: RaceReport;
  /** What stands behind each of the report's runs. */
  readonly raced: readonly Raced[];
  readonly load: { readonly users: number; readonly connections: number; readonly seconds: number };
  readonly writtenAt: Date;
}

/**
 * The whole run as a page that needs nothing else: no network, no script, which its own policy forbids. It is well-formed
 * XML too.
 */
export function renderPage({ report, raced, load, writtenAt }: Page): string {
  const { runs } = report;
  return String(html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<meta name="color-scheme" content="light dark"/>
<title>Payment race: ${runs.map(({ mode }) => mode).join(', ')}</title>
<style>
${stylesheet}</style>
</head>
<body>
<main>
<h1>Payment race</h1>
<p class="lead">${tellOutcome(report)}</p>
<section><h2>Throughput beside safety</h2>
${renderBars(runs)}</section>
<section><h2>All figures</h2>
${renderFigures(runs)}</section>
<section><h2>Latency</h2>
<p>The share of requests that was answered within a time, in milliseconds on a logarithmic scale. The dots are the median and
the 99th percentile.</p>
${renderLatencies(runs)}</section>
<section><h2>What happened</h2>
${raced.map(tellRun)}</section>
${renderConditions(report, load, writtenAt)}
</main>
</body>
</html>
`);
}

function tellOutcome({ runs, demonstrated }: RaceReport): string {
  if (demonstrated)
    return 'Every mode came out as expected: violated where nothing keeps the requests apart, held where something does.';
  const unexpected = runs.filter(({ verdict, expected }) => verdict !== expected);
  return `Not as expected: ${unexpected.map(({ mode, verdict }) => `${mode} came out ${verdict}`).join(', ')}.`;
}

function tellRun({ report, wronged: [wronged], unexplained }: Raced): Markup {
  return html`<article>
<h3>${report.mode} ${markVerdict(report)}</h3>
<p>${sentenceFor(report)}</p>
${wronged && renderSpaceTime(wronged)}
${unexplained && renderTimeline(unexplained)}
</article>
`;
}

function renderConditions({ seed, environment, runs }: RaceReport, load: Page['load'], writtenAt: Date): Markup {
  const instances = Math.max(...runs.map((run) => run.instances));
  const conditions = {
    Load: `${load.users} users, ${load.connections} connections, ${load.seconds} s a mode`,
    Instances: instances,
    Seed: seed,
    'Node.js': environment.node,
    MySQL: environment.mysql,
    Redis: environment.redis,
    nginx: environment.nginx,
    Processors: environment.cpus,
    Written: writtenAt.toISOString(),
  };
  return html`<section><h2>Conditions</h2>
<dl>${Object.entries(conditions).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</section>`;
}
