import type { JSX } from 'preact';
import type { LockModeName } from '../../../../app/lock-modes/index.ts';
import { describeUnexpected, type FaultReport } from '../../../faults/matrix.ts';
import type { MatrixCell } from '../../../faults/matrix-cell.ts';
import type { Scenario } from '../../../faults/scenarios/scenario.ts';
import { Conditions, renderFrame } from '../frame.tsx';
import { CellDetails } from './cell-details.tsx';
import { Matrix } from './matrix.tsx';

/** The content of the page. */
export interface FaultPage {
  readonly report: FaultReport;
  /** The scenarios that were run. */
  readonly scenarios: readonly ScenarioTexts[];
  readonly modes: readonly LockModeName[];
  readonly writtenAt: Date;
}

type ScenarioTexts = Pick<Scenario, 'name' | 'claim' | 'source' | 'fault'>;

/** Renders the matrix and the timeline of each cell: see {@link renderFrame}. */
export function renderFaultPage({ report, scenarios, modes, writtenAt }: FaultPage): string {
  const { cells, seed } = report;
  return renderFrame({
    title: 'Fault test: which lock survives which fault',
    style: 'faults',
    content: (
      <>
        <h1>Which lock survives which fault</h1>
        <p class="lead">{describeOutcome(report)}</p>
        <section>
          <h2>Matrix</h2>
          <Matrix cells={cells} modes={modes} />
          <p>Each cell links to its timeline. Unexpected results are framed.</p>
          <dl class="legend">
            {legend.map(([sign, meaning]) => (
              <div key={sign}>
                <dt>{sign}</dt> <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
        </section>
        <section>
          <h2>Timelines</h2>
          {scenarios.map((scenario) => (
            <ScenarioSection key={scenario.name} scenario={scenario} all={cells} />
          ))}
        </section>
        <Conditions
          of={{
            Scenarios: scenarios.length,
            Modes: modes.join(', '),
            Cells: cells.length,
            Took: `${Math.round(cells.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000)} s`,
            Seed: seed,
            'Node.js': process.version,
            Written: writtenAt.toISOString(),
          }}
        />
      </>
    ),
  });
}

const legend = [
  ['✕ violated', 'a witness found a violation'],
  ['✓ held', 'requests were served, and no witness found a violation'],
  ['○ unavailable', 'safe, but every request was refused'],
  ['? inconclusive', 'nothing was tested: the fault was missed, or its requests did not meet'],
  ['–', 'the fault cannot affect this mode'],
] as const;

function describeOutcome({ cells, asExpected }: FaultReport): string {
  const verdicts = (['violated', 'held', 'unavailable', 'inconclusive'] as const).flatMap((verdict) => {
    const { length } = cells.filter((cell) => cell.verdict === verdict);
    return length > 0 ? `${length} ${verdict}` : [];
  });
  const summary = `${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}: ${verdicts.join(', ')}.`;
  if (asExpected) return `${summary} All as expected.`;
  const surprises = cells.filter((cell) => !cell.asExpected).map(describeUnexpected);
  return `${summary} Not as expected: ${surprises.join(' ')}`;
}

interface ScenarioProps {
  readonly scenario: ScenarioTexts;
  readonly all: readonly MatrixCell[];
}

/** The first violation is unfolded, and what was not expected. */
function ScenarioSection({ scenario: { name, claim, source, fault }, all }: ScenarioProps): JSX.Element {
  const cells = all.filter(({ scenario }) => scenario === name);
  const example = cells.find(({ verdict }) => verdict === 'violated') ?? cells[0];
  return (
    <article id={name}>
      <h3>{name}</h3>
      <blockquote>
        <p>{claim}</p>
        <footer>
          <Linked text={source} />
        </footer>
      </blockquote>
      <p>The fault: {fault}.</p>
      {cells.map((cell) => (
        <CellDetails key={`${cell.mode} ${cell.play}`} cell={cell} isOpen={!cell.asExpected || cell === example} />
      ))}
    </article>
  );
}

/** A text with its URLs as links. */
function Linked({ text }: { readonly text: string }): JSX.Element {
  const parts = text.split(/(https?:\/\/[^\s,;)]+)/);
  return <>{parts.map((part, index) => (index % 2 === 0 ? part : <a href={part}>{part}</a>))}</>;
}
