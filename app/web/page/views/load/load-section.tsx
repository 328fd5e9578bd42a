import './load.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LockModeName } from '../../../../lock-modes/registry.ts';
import { describeLoad } from '../../narrative/load/describe-load.ts';
import type { LoadState } from '../../runner/load/load.ts';
import type { Page } from '../../runner/page.ts';
import { loadConnections, loadSeconds, loadUsers } from '../../state/load/limits.ts';
import { newSeed } from '../../state/random.ts';
import { firstRace } from '../../state/settings.ts';
import { isWhole } from '../../state/tally.ts';
import { Button } from '../button.tsx';
import { ModeSelect, modesOf } from '../select.tsx';
import { Waits } from '../waits.tsx';

/** With the answers and the trace to wait for. */
const secondsPerMode = loadSeconds + 1;

/** A few seconds of pays and cancels, with live counts. */
export function LoadSection({ page }: { page: Page }) {
  const { load, lab } = page;
  const [chosen, setMode] = useState<LockModeName | undefined>();
  const mode = chosen ?? load.last.value?.mode ?? 'none'; // the link's mode until the user selects one
  const modes = modesOf(page);
  const isIdle = page.activity.current.value !== undefined || lab.lab.value !== 'on';
  const begin = () => {
    const seed = newSeed();
    page.remember({ ...firstRace, scenario: 'load', modes: [mode], seed });
    void load.run(mode, seed);
  };
  return (
    <section id="load" aria-labelledby="load-title">
      <h2 id="load-title">A small load</h2>
      <p class="lead">
        {loadSeconds} seconds of random pays and cancels on {loadConnections} connections, for {loadUsers} fresh users.
        Other users are not touched. For a larger load: <code>npm run race-test</code>.
      </p>
      <div class="fields">
        <ModeSelect modes={modes} value={mode} onChange={setMode} />
        <div class="buttons">
          <Button look="primary" idle={isIdle} onPress={begin}>
            {load.busy.value ? 'Running' : 'Start'}
          </Button>
          <Button idle={isIdle} onPress={() => void load.runAll(modes, newSeed())}>
            All modes, in about {Math.round((modes.length * secondsPerMode) / 10) * 10} s
          </Button>
          <Button idle={!load.busy.value} onPress={load.stop}>
            Stop
          </Button>
        </div>
      </div>
      <Waits page={page} activity="load" />
      {load.refusal.value && (
        <p class="error" role="status">
          {load.refusal.value}
        </p>
      )}
      {load.last.value && <Counts state={load.last.value} turn={load.turn.value} />}
      <LazyBoard page={page} />
    </section>
  );
}

type Board = typeof import('./board.tsx').LoadBoard;

/** Loads the scoreboard with the first load, or when kept figures come into view: the first view does not need it. */
function LazyBoard({ page }: { page: Page }) {
  const place = useRef<HTMLDivElement>(null);
  const [Board, setBoard] = useState<Board | 'failed'>();
  const { last, history } = page.load;
  const hasRun = last.value !== undefined;
  const hasFigures = history.kept.value.length > 0;
  useEffect(() => {
    const fetchBoard = () => {
      import('./board.tsx').then(
        ({ LoadBoard }) => setBoard(() => LoadBoard),
        () => setBoard('failed'),
      );
    };
    if (hasRun) fetchBoard();
    if (hasRun || !hasFigures || !place.current) return;
    const onMove = (entries: readonly IntersectionObserverEntry[]) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) fetchBoard();
    };
    const seen = new IntersectionObserver(onMove, { rootMargin: '50%' });
    seen.observe(place.current);
    return () => seen.disconnect();
  }, [hasRun, hasFigures]);
  if (Board === 'failed') return <p class="error">The scoreboard could not be loaded. Reload the page.</p>;
  return <div ref={place}>{Board && <Board page={page} />}</div>;
}

function Counts({ state, turn }: { state: LoadState; turn: Page['load']['turn']['value'] }) {
  const { mode, tally, secondsLeft, inconsistent, isOver, isStopped } = state;
  const answered = Object.values(tally.answers).reduce((sum, number) => sum + number, 0);
  const isNotKnown = isOver && tally.staleWrites === 0 && !isWhole(tally);
  return (
    <>
      <dl class="counts">
        <Count title="requests" value={tally.sent} />
        <Count title="answers" value={answered} />
        <Count
          title="lost updates"
          value={isNotKnown ? undefined : tally.staleWrites}
          isBad
          isLeast={isOver && !isWhole(tally)}
        />
        <Count title={isOver ? 'inconsistent users' : 'inconsistent right now'} value={inconsistent?.length} isBad />
      </dl>
      <p class="aside">
        {Object.entries(tally.answers)
          .map(([said, number]) => `${number.toLocaleString('en')} ${said.replaceAll('_', ' ')}`)
          .join(', ')}
      </p>
      {!isOver && (
        <p>
          {turn && `${turn.number} of ${turn.of}, ${mode}: `}
          {secondsLeft > 0 ? `${secondsLeft} s left …` : 'waiting for the last answers …'}
        </p>
      )}
      <p role="status">
        {isOver && <b>{describeLoad(state)}</b>}
        {isStopped && ' It was stopped early, and is not on the scoreboard.'}
      </p>
    </>
  );
}

interface CountProps {
  readonly title: string;
  /** undefined if unknown. */
  readonly value: number | undefined;
  readonly isBad?: boolean;
  /** True if there may be more. */
  readonly isLeast?: boolean;
}

function Count({ title, value, isBad = false, isLeast = false }: CountProps) {
  const bad = isBad && value !== undefined && value > 0;
  return (
    <div class={bad ? 'bad' : undefined}>
      <dt>{title}</dt>
      <dd>
        {bad && '✕ '}
        {bad && isLeast && 'at least '}
        {value?.toLocaleString('en') ?? '?'}
      </dd>
    </div>
  );
}
