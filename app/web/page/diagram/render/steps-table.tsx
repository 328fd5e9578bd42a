import './steps-table.css';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { TraceEvent } from '../../../../lab/trace/event.ts';
import { inSeconds } from '../../format.ts';
import { describeEffect, describeTrace } from '../../narrative/describe.ts';
import { isStaleWrite } from '../../trace/stale-write.ts';
import { readTrace } from '../../trace/steps.ts';

/** The steps in words, in the order of the picture: one row each. */
export function StepsTable({ events }: { readonly events: readonly TraceEvent[] }): JSX.Element {
  const trace = useMemo(() => readTrace(events), [events]);
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
        <tbody>
          {trace.steps.map((step) => (
            <tr key={step.event.id}>
              <td>{step.number}</td>
              <td class="when">{inSeconds(step.endMs)}</td>
              <th scope="row">
                {step.request.name} {step.request.kind}
              </th>
              <td>{step.request.instance}</td>
              <td class="what">
                {isStaleWrite(step.event) ? (
                  <strong>✕ {describeEffect(step, trace)}</strong>
                ) : (
                  describeEffect(step, trace)
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
