import type { ComponentChildren, JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { TraceEvent } from '../../../../lab/trace/event.ts';
import { inSeconds } from '../../format.ts';
import { describeTrace } from '../../narrative/steps/describe.ts';
import { listEvents } from '../../narrative/steps/list-events.ts';
import { readTrace, type TraceContext } from '../../trace/steps.ts';

export interface StepsTableProps {
  readonly events: readonly TraceEvent[];
  readonly context?: TraceContext | undefined;
  /** For the body of the table. */
  readonly body?: JSX.IntrinsicElements['tbody'];
  /** What a step's number is shown as. */
  numbered?(number: number): ComponentChildren;
}

/** What happened, in words, in the order of the picture: one row each. */
export function StepsTable({ events, context, body, numbered = String }: StepsTableProps): JSX.Element {
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
        <tbody {...body}>
          {listEvents(trace).map(({ id, number, ms, who, where, text, tone }) => (
            <tr key={id} data-event={id}>
              <td>{number !== undefined && numbered(number)}</td>
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
