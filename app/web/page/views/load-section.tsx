import './load.css';
import { useState } from 'preact/hooks';
import type { LockModeName } from '../../../lock-modes/registry.ts';
import { describeLoad } from '../narrative/describe-load.ts';
import { type LoadState, loadConnections, loadSeconds } from '../runner/load.ts';
import type { Page } from '../runner/page.ts';
import { newSeed } from '../state/random.ts';
import { firstRace } from '../state/settings.ts';
import { isWhole } from '../state/tally.ts';
import { Button } from './button.tsx';
import { ModeSelect } from './mode-select.tsx';
import { Waits } from './waits.tsx';

/** A few seconds of pays and cancels, with live counts. */
export function LoadSection({ page }: { page: Page }) {
  const { load, lab } = page;
  const [chosen, setMode] = useState<LockModeName | undefined>();
  const mode = chosen ?? load.last.value?.mode ?? 'none'; // the link's mode until the user selects one
  const begin = () => {
    const seed = newSeed();
    page.remember({ ...firstRace, scenario: 'load', modes: [mode], seed });
    void load.run(mode, seed);
  };
  return (
    <section id="load" aria-labelledby="load-title">
      <h2 id="load-title">A small load</h2>
      <p class="lead">
        {loadSeconds} seconds of random pays and cancels on {loadConnections} connections, for four users, made unpaid
        first if needed. Other users are not touched. For a larger load: <code>npm run race-test</code>.
      </p>
      <div class="fields">
        <ModeSelect
          label="Guarded by"
          modes={lab.status.value?.modes ?? ['none', 'redis']}
          value={mode}
          onChange={setMode}
        />
        <Button
          look="primary"
          idle={page.activity.current.value !== undefined || lab.lab.value !== 'on'}
          onPress={begin}
        >
          {load.busy.value ? 'Running' : 'Start'}
        </Button>
      </div>
      <Waits page={page} activity="load" />
      {load.refusal.value && (
        <p class="error" role="status">
          {load.refusal.value}
        </p>
      )}
      {load.last.value && <Counts state={load.last.value} />}
    </section>
  );
}

function Counts({ state }: { state: LoadState }) {
  const { tally, secondsLeft, inconsistent, isOver } = state;
  const answered = Object.values(tally.answers).reduce((sum, number) => sum + number, 0);
  const isNotKnown = isOver && tally.staleWrites === 0 && !isWhole(tally);
  return (
    <>
      <dl class="counts">
        <Count title="requests" value={tally.sent} />
        <Count title="answers" value={answered} />
        <Count title="lost updates" value={isNotKnown ? undefined : tally.staleWrites} isBad />
        <Count title={isOver ? 'inconsistent users' : 'inconsistent right now'} value={inconsistent?.length} isBad />
      </dl>
      <p class="aside">
        {Object.entries(tally.answers)
          .map(([said, number]) => `${number.toLocaleString('en')} ${said.replaceAll('_', ' ')}`)
          .join(', ')}
      </p>
      {!isOver && <p>{secondsLeft > 0 ? `${secondsLeft} s left …` : 'Waiting for the last answers …'}</p>}
      <p role="status">{isOver && <b>{describeLoad(state)}</b>}</p>
    </>
  );
}

/** @param value undefined if unknown. */
function Count({ title, value, isBad = false }: { title: string; value: number | undefined; isBad?: boolean }) {
  const bad = isBad && value !== undefined && value > 0;
  return (
    <div class={bad ? 'bad' : undefined}>
      <dt>{title}</dt>
      <dd>
        {bad && '✕ '}
        {value?.toLocaleString('en') ?? '?'}
      </dd>
    </div>
  );
}
