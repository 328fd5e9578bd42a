import type { LockModeName } from '../../../../app/lock-modes/index.ts';
import { describeUnexpected, type FaultReport } from '../../../faults/matrix.ts';
import type { MatrixCell } from '../../../faults/matrix-cell.ts';
import type { Scenario } from '../../../faults/scenarios/scenario.ts';
import type { FaultVerdict } from '../../../faults/verdict.ts';
import { renderConditions, renderFrame } from '../frame.ts';
import { html, type Markup } from '../markup.ts';
import { renderCell } from './cell-details.ts';
import { renderMatrix } from './matrix.ts';

/** The content of the page. */
export interface FaultPage {
  readonly report: FaultReport;
  /** The scenarios that were run. */
  readonly scenarios: readonly Pick<Scenario, 'name' | 'claim' | 'source' | 'fault'>[];
  readonly modes: readonly LockModeName[];
  readonly writtenAt: Date;
}

/** Renders the matrix and the timeline of each cell: see {@link renderFrame}. */
export function renderFaultPage({ report, scenarios, modes, writtenAt }: FaultPage): string {
  const { cells, seed } = report;
  return renderFrame({
    title: 'Fault test: which lock survives which fault',
    styles: ['figure', 'faults'],
    content: html`<h1>Which lock survives which fault</h1>
<p class="lead">${describeOutcome(report)}</p>
<section><h2>Matrix</h2>
${renderMatrix(cells, modes)}
<p>Each cell links to its timeline. Unexpected results are marked.</p>
<dl class="legend">${legend.map(([sign, meaning]) => html`<div><dt>${sign}</dt> <dd>${meaning}</dd></div>`)}</dl></section>
<section><h2>Timelines</h2>
${scenarios.map((scenario) => renderScenario(scenario, cells))}</section>
${renderConditions({
  Scenarios: scenarios.length,
  Modes: modes.join(', '),
  Cells: cells.length,
  Took: `${Math.round(cells.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000)} s`,
  Seed: seed,
  'Node.js': process.version,
  Written: writtenAt.toISOString(),
})}`,
  });
}

const legend = [
  ['✕ violated', 'a witness found a violation'],
  ['✓ held', 'requests were served, and no witness found a violation'],
  ['○ unavailable', 'safe, but every request was refused'],
  ['? inconclusive', 'the fault missed its point in time: nothing was tested'],
  ['–', 'the fault cannot affect this mode'],
] as const;

function describeOutcome({ cells, asExpected }: FaultReport): string {
  const count = (verdict: FaultVerdict) => cells.filter((cell) => cell.verdict === verdict).length;
  const verdicts = (['violated', 'held', 'unavailable', 'inconclusive'] as const)
    .map((verdict) => [count(verdict), verdict] as const)
    .filter(([number]) => number > 0)
    .map(([number, verdict]) => `${number} ${verdict}`);
  const summary = `${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}: ${verdicts.join(', ')}.`;
  if (asExpected) return `${summary} All as expected.`;
  const surprises = cells.filter((cell) => !cell.asExpected).map(describeUnexpected);
  return `${summary} Not as expected: ${surprises.join(' ')}`;
}

function renderScenario(
  { name, claim, source, fault }: FaultPage['scenarios'][number],
  all: readonly MatrixCell[],
): Markup {
  const cells = all.filter(({ scenario }) => scenario === name);
  return html`<article id="${name}">
<h3>${name}</h3>
<blockquote><p>${claim}</p><footer>${linked(source)}</footer></blockquote>
<p>The fault: ${fault}.</p>
${cells.map(renderCell)}
</article>
`;
}

/** Turns the URLs in a text into links. */
function linked(text: string): (string | Markup)[] {
  return text
    .split(/(https?:\/\/[^\s,;)]+)/)
    .map((part, index) => (index % 2 === 0 ? part : html`<a href="${part}">${part}</a>`));
}
