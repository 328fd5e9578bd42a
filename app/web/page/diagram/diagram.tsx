import type { JSX } from 'preact';
import { Board, type BoardProps, type DrawnRun } from './board.tsx';

export interface DiagramProps extends Omit<BoardProps, 'runs'>, DrawnRun {
  readonly title: string;
}

/** The space-time diagram of a trace, with what one needs to move about in it. All of it can be had by keyboard. */
export function Diagram({ events, bars, title, ...rest }: DiagramProps): JSX.Element {
  return <Board runs={[{ title, events, bars }]} title={title} {...rest} />;
}
