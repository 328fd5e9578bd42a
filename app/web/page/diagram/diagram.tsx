import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { Board, type BoardProps, type DrawnRun } from './board.tsx';

export interface DiagramProps extends Omit<BoardProps, 'runs'>, DrawnRun {
  readonly title: string;
}

/** The space-time diagram of a trace, with what one needs to move about in it. All of it can be had by keyboard. */
export function Diagram({ events, bars, title, ...rest }: DiagramProps): JSX.Element {
  const runs = useMemo(() => [{ title, events, bars }], [title, events, bars]);
  return <Board runs={runs} title={title} {...rest} />;
}

export interface ComparisonProps extends BoardProps {
  readonly runs: readonly [DrawnRun, DrawnRun];
}

/** Two traces, one above the other, on one axis and at one zoom. */
export function Comparison({ runs: [first, second], ...rest }: ComparisonProps): JSX.Element {
  const runs = useMemo(
    () => [
      { title: first.title, events: first.events, bars: first.bars },
      { title: second.title, events: second.events, bars: second.bars },
    ],
    [first.title, first.events, first.bars, second.title, second.events, second.bars],
  );
  return <Board runs={runs} {...rest} />;
}
