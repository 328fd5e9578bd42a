import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { TraceEvent } from '../../../../lab/trace/event.ts';
import { inSeconds } from '../../format.ts';
import { describeTrace } from '../../narrative/steps/describe.ts';
import { listEvents } from '../../narrative/steps/list-events.ts';
import { readTrace, type TraceContext } from '../../trace/steps.ts';
import type { Selection } from '../selection.ts';
import { RowLink, useRowLinks } from './row-links.tsx';

export interface StepsTableProps {
  readonly events: readonly TraceEvent[];
  readonly context?: TraceContext | undefined;
  /** Shared with a picture of the same steps. Absent: there is nothing to link the rows to. */
  readonly selection?: Selection;
}

/** What happened, in words, in the order of the picture: one row each. */
export function StepsTable({ events, context, selection }: StepsTableProps): JSX.Element {
  const links = useRowLinks<HTMLTableSectionElement>(selection);
  const trace = useMemo(() => readTrace(events, context), [events, context]);
  return (
    // To be focused, so that who has no mouse can scroll it. No landmark, as a page may have several.
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields
    <div class="diagram-table" role="group" aria-label="The steps as a table" tabindex={0}>
      <table>
        <caption>{describeTrace(trace)}</caption>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">At</th>
            <th scope="col">Request</th>
            <th scope="col">Instance</th>
            <th scope="col">What happened</th>
          </tr>
        </thead>
        <tbody {...links}>
          {listEvents(trace).map(({ id, number, ms, who, where, text, tone }) => (
            <tr key={id} data-event={id}>
              <td>{selection && number ? <RowLink isFirst={number === 1}>{number}</RowLink> : number}</td>
              <td class="when">{inSeconds(ms)}</td>
              <th scope="row">{who}</th>
              <td>{where}</td>
              <td class="what">{tone === 'fine' ? text : <strong>{tone === 'stale' ? `✕ ${text}` : text}</strong>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
