import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { TraceEvent } from '../../../lab/trace/event.ts';
import { Board, type BoardProps, type DrawnRun } from './board.tsx';

export interface DiagramProps extends Omit<BoardProps, 'runs'> {
  readonly events: readonly TraceEvent[];
}

/** The space-time diagram of a trace, with what one needs to move about in it. All of it can be had by keyboard. */
export function Diagram({ events, title, ...rest }: DiagramProps): JSX.Element {
  const runs = useMemo(() => [{ title, events }], [title, events]);
  return <Board runs={runs} title={title} {...rest} />;
}

export interface ComparisonProps extends BoardProps {
  readonly runs: readonly [DrawnRun, DrawnRun];
}

/** Two traces, one above the other, on one axis and at one zoom. */
export function Comparison({ runs: [first, second], ...rest }: ComparisonProps): JSX.Element {
  const runs = useMemo(
    () => [
      { title: first.title, events: first.events },
      { title: second.title, events: second.events },
    ],
    [first.title, first.events, second.title, second.events],
  );
  return <Board runs={runs} {...rest} />;
}
