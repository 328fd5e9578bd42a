import { signal } from '@preact/signals';
import { useMemo, useRef, useState } from 'preact/hooks';
import { Board, type Scale } from '../../diagram/index.ts';
import { count, formatMs } from '../../format.ts';
import { describeLoadRequest, describeRivalry } from '../../narrative/load/describe-load-request.ts';
import type { LoadState } from '../../runner/load/load.ts';
import { loadSeconds } from '../../state/load/limits.ts';
import { findRivals } from '../../state/load/rivals.ts';
import { Button } from '../button.tsx';
import { nearestDot, nextLost, pathOf, plotLoad, side } from './plot.ts';

const scale = signal<Scale>('time');
const page = 10;

/** The requests of one load as dots. Once it is over, one can be chosen, and is drawn with its rivals. */
export function LoadRequests({ load }: { load: LoadState }) {
  const { mode, users, record, isOver } = load;
  const [chosen, setChosen] = useState<number>();
  const plot = useMemo(() => plotLoad(record.requests, loadSeconds), [record]);
  const { dots } = plot;
  const request = chosen === undefined ? undefined : dots[chosen]?.request;
  const nameOf = (userId: number) => users.find(({ id }) => id === userId)?.name ?? `user ${userId}`;
  const text = request ? describeLoadRequest(request, nameOf(request.userId)) : '';
  const lost = dots.filter(({ request: { isStale } }) => isStale);
  const go = (to: number | undefined) => {
    if (to !== undefined && dots.length > 0) setChosen(Math.min(Math.max(0, to), dots.length - 1));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = keys[event.key]?.(chosen, dots.length);
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  };
  const slider = isOver && dots.length > 0;
  return (
    <div class="load-requests">
      <h3>
        The requests with <code>{mode}</code>
      </h3>
      <p class="aside" id="load-plot-help">
        One dot for each: across, when it was sent; up, how long it took.
        {slider && ' Click a dot, or use the arrow keys, to see it with its rivals.'}
      </p>
      <div
        class="load-plot"
        {...(slider
          ? {
              role: 'slider',
              tabIndex: 0,
              'aria-label': 'Request',
              'aria-describedby': 'load-plot-help',
              'aria-valuemin': 0,
              'aria-valuemax': dots.length,
              'aria-valuenow': chosen === undefined ? 0 : chosen + 1,
              'aria-valuetext': text === '' ? 'none chosen' : `${(chosen ?? 0) + 1} of ${dots.length}: ${text}`,
              onKeyDown,
            }
          : { role: 'img', 'aria-label': count(dots.length, 'answered request') })}
      >
        <Dots plot={plot} chosen={chosen} {...(slider && { onPick: go })} />
      </div>
      <Key lost={lost.length} />
      {slider && lost.length > 0 && (
        <p class="buttons">
          <Button idle={nextLost(dots, chosen, -1) === undefined} onPress={() => go(nextLost(dots, chosen, -1))}>
            Previous lost update
          </Button>
          <Button idle={nextLost(dots, chosen, 1) === undefined} onPress={() => go(nextLost(dots, chosen, 1))}>
            Next lost update
          </Button>
        </p>
      )}
      {request && <ChosenRequest key={request.requestId} load={load} requestId={request.requestId} text={text} />}
    </div>
  );
}

/** Where a key leads. */
const keys: Readonly<Record<string, (chosen: number | undefined, dots: number) => number>> = {
  ArrowRight: (chosen = -1) => chosen + 1,
  ArrowUp: (chosen = -1) => chosen + 1,
  ArrowLeft: (chosen = 0) => chosen - 1,
  ArrowDown: (chosen = 0) => chosen - 1,
  PageUp: (chosen = -1) => chosen + page,
  PageDown: (chosen = 0) => chosen - page,
  Home: () => 0,
  End: (_, dots) => dots - 1,
};

interface DotsProps {
  readonly plot: ReturnType<typeof plotLoad>;
  readonly chosen: number | undefined;
  onPick?(index: number | undefined): void;
}

function Dots({ plot: { dots, seconds, waits }, chosen, onPick }: DotsProps) {
  const box = useRef<SVGSVGElement>(null);
  const paths = useMemo(
    () => ({
      pay: pathOf(dots.filter(({ request: { kind } }) => kind === 'pay')),
      cancel: pathOf(dots.filter(({ request: { kind } }) => kind === 'cancel')),
      lost: pathOf(dots.filter(({ request: { isStale } }) => isStale)),
    }),
    [dots],
  );
  const current = chosen === undefined ? undefined : dots[chosen];
  const pick = ({ clientX, clientY }: MouseEvent) => {
    const size = box.current?.getBoundingClientRect();
    if (size) onPick?.(nearestDot(dots, { x: clientX - size.left, y: clientY - size.top }, size));
  };
  return (
    <>
      {waits.map(({ value, at }) => (
        <span key={value} class="wait" style={{ top: `${at}%` }}>
          {formatMs(value)}
        </span>
      ))}
      <svg ref={box} viewBox={`0 0 ${side} ${side}`} preserveAspectRatio="none" aria-hidden="true" onClick={pick}>
        {waits.map(({ value, at }) => (
          <path key={value} class="line" d={`M0 ${at}h${side}`} />
        ))}
        <path class="dot cancel" d={paths.cancel} />
        <path class="dot pay" d={paths.pay} />
        <path class="dot lost" d={paths.lost} />
        <path class="dot lost inner" d={paths.lost} />
        {current && <path class="dot current" d={pathOf([current])} />}
        {current && <path class="dot current inner" d={pathOf([current])} />}
      </svg>
      {seconds.map(({ value, at }) => (
        <span key={value} class="second" style={{ left: `${at}%` }}>
          {value} s
        </span>
      ))}
    </>
  );
}

function Key({ lost }: { lost: number }) {
  const shape = (kind: string) => (
    <svg class="shape" viewBox="0 0 16 16" aria-hidden="true">
      <path class={`dot ${kind}`} d="M8 8h0" />
      {kind === 'lost' && <path class="dot lost inner" d="M8 8h0" />}
    </svg>
  );
  return (
    <ul class="load-key">
      <li>{shape('pay')} pay</li>
      <li>{shape('cancel')} cancel</li>
      <li class={lost > 0 ? 'bad' : undefined}>
        {shape('lost')} {count(lost, 'lost update')}: a write over an update that its request had not read
      </li>
    </ul>
  );
}

/** A request in words, and drawn with its rivals. */
function ChosenRequest({ load, requestId, text }: { load: LoadState; requestId: string; text: string }) {
  const rivalry = useMemo(() => findRivals(load.record.events, requestId), [load, requestId]);
  return (
    <div class="chosen-request">
      <p>
        <b>{text}</b> <span role="status">{describeRivalry(rivalry, requestId)}</span>
      </p>
      {rivalry.events.length > 0 && (
        <Board runs={[{ title: `${load.mode}: one request and its rivals`, events: rivalry.events }]} scale={scale} />
      )}
    </div>
  );
}
