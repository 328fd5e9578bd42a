import type { JSX } from 'preact';
import { StillDiagram } from '../../../../app/web/page/diagram/still.tsx';
import { lostPercent } from '../../../faults/evidence/lost-updates.ts';
import { describeThird } from '../../../faults/matrix.ts';
import type { MatrixCell } from '../../../faults/matrix-cell.ts';
import { describeNotes } from '../../notes.ts';
import { Pairs, reportWidth } from '../frame.tsx';
import { History } from '../history.tsx';
import { Inconsistency, inferred } from '../inconsistency.tsx';
import { VerdictMark } from '../verdict-mark.tsx';
import { LoadChart } from './load-chart.tsx';
import { anchorOf } from './matrix.tsx';
import { traceOfTimeline } from './timeline-trace.ts';
import { Witnesses } from './witnesses.tsx';

export interface CellDetailsProps {
  readonly cell: MatrixCell;
  readonly isOpen: boolean;
}

/** In CSS pixels: see faults.css. */
const detailsIndent = 16;

/** A cell's result and timeline. The anchor is inside: a browser unfolds the element that contains a link's target. */
export function CellDetails({ cell, isOpen }: CellDetailsProps): JSX.Element {
  const { mode, verdict, expected, asExpected, why, inconclusive, untested, load, wronged, unexplained } = cell;
  return (
    <details open={isOpen}>
      <summary>
        <h4>
          <span class="mode">
            {mode}
            {cell.play > 1 && `, repetition ${cell.play}`}
          </span>{' '}
          <VerdictMark {...cell} />
        </h4>
        {asExpected && <span class="why"> {why}</span>}
      </summary>
      <div id={anchorOf(cell)} class="details">
        <p>
          Expected: <b>{expected}</b>, because {why}.
        </p>
        {!asExpected && verdict === expected && <p class="unexpected">Not as expected: {describeThird(cell)}.</p>}
        {inconclusive !== undefined && (
          <p class="unexpected">
            {verdict === 'violated' ? 'The fault was missed, but a witness found a violation' : 'Nothing was tested'}:{' '}
            {inconclusive}.
          </p>
        )}
        <WhatHappened {...cell} />
        <h5>Witnesses</h5>
        <Witnesses {...cell} />
        {load && wronged && <Inconsistency user={wronged} mode={mode} />}
        {unexplained && <History of={unexplained} />}
        <h5>Figures</h5>
        <Pairs of={{ ...figuresOf(cell), ...describeNotes(cell.notes) }} />
        {untested.length > (inconclusive === undefined ? 0 : 1) && (
          <p>Retried after inconclusive tries: {untested.join('; ')}.</p>
        )}
      </div>
    </details>
  );
}

function WhatHappened({ load, timeline, scenario, mode }: MatrixCell): JSX.Element | false {
  if (load) return <LoadChart load={load} timeline={timeline} />;
  return (
    timeline.length > 0 && (
      <StillDiagram
        {...traceOfTimeline(timeline, mode)}
        title={`${scenario} in ${mode}`}
        room={reportWidth - detailsIndent}
        note={inferred}
      />
    )
  );
}

function figuresOf(cell: MatrixCell): Record<string, string> {
  const { acknowledged, lost, unfinished, unknown, unavailableMs, durationMs, tries } = cell;
  const share = lost > 0 ? ` (${lostPercent(cell).toLocaleString('en', { minimumFractionDigits: 1 })} % of these)` : '';
  return {
    'updates acknowledged': acknowledged.toLocaleString('en'),
    'updates lost': `${lost.toLocaleString('en')}${share}`,
    'calls of unknown outcome': unknown.toLocaleString('en'),
    'users with a call of unknown outcome': unfinished.toLocaleString('en'),
    'no request served for (ms)': unavailableMs.toLocaleString('en'),
    'took (ms)': durationMs.toLocaleString('en'),
    ...(tries > 1 && { tries: String(tries) }),
  };
}
