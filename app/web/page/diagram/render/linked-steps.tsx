import type { JSX } from 'preact';
import type { TraceEvent } from '../../../../lab/trace/event.ts';
import type { Selection } from '../selection.ts';
import { RowLink, useRowLinks } from './row-links.tsx';
import { StepsTable } from './steps-table.tsx';

export interface LinkedStepsProps {
  readonly events: readonly TraceEvent[];
  /** Shared with the picture of the same steps. */
  readonly selection: Selection;
}

/** The table of the steps, whose rows are linked to a picture. */
export function LinkedSteps({ events, selection }: LinkedStepsProps): JSX.Element {
  const links = useRowLinks<HTMLTableSectionElement>(selection);
  return (
    <StepsTable
      events={events}
      body={links}
      numbered={(number) => <RowLink isFirst={number === 1}>{number}</RowLink>}
    />
  );
}
