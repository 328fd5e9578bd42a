import './stage.css';
import { signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { Board, createSelection, type Scale, type Selection } from '../../diagram/index.ts';
import { scenarioTexts } from '../../narrative/texts.ts';
import type { Page } from '../../runner/page.ts';
import { faultsDuring } from '../../state/fault-targets.ts';
import type { Run } from '../../state/run.ts';
import type { Bar } from '../../trace/bars.ts';
import { RunPanel, titleOf } from './run-panel.tsx';
import { Share } from './share.tsx';

const scale = signal<Scale>('time');

/** Two runs in one picture: on one axis, both in sight. */
function Together({ runs, bars, selection }: { runs: readonly Run[]; bars: readonly Bar[][]; selection: Selection }) {
  if (runs.every(({ events }) => events.length === 0)) return null;
  const drawn = runs.map((run, index) => ({ title: titleOf(run), events: run.events, bars: bars[index] }));
  return (
    <div class="picture">
      <Board runs={drawn} scale={scale} title="Both runs, on one axis" selection={selection} />
    </div>
  );
}

/** The last run, or the last two, and both in one picture. */
export function StageSection({ page }: { page: Page }) {
  const { runs, settings, refusal } = page.stage;
  const selection = useMemo(createSelection, []);
  const shown = settings.value;
  const past = page.faults.faults.value?.past;
  const bars = useMemo(() => runs.value.map((run) => faultsDuring(run, past ?? [])), [runs.value, past]);
  return (
    <section id="race" class="stage" aria-label="The race">
      {refusal.value && (
        <p class="error" role="alert">
          {refusal.value}
        </p>
      )}
      {shown && runs.value.length > 0 && (
        <>
          {/* The button has the same words as the title of the race. */}
          <h2 class={shown.scenario === 'race' ? 'unseen' : undefined}>{scenarioTexts[shown.scenario].title}</h2>
          <div class={`runs of-${runs.value.length}`} id="runs">
            {runs.value.map((run, index) => (
              <RunPanel
                key={run.mode}
                run={run}
                scale={scale}
                bars={bars[index] ?? []}
                {...(runs.value.length > 1 && { selection })}
              />
            ))}
            {runs.value.length > 1 && <Together runs={runs.value} bars={bars} selection={selection} />}
          </div>
          {!page.stage.busy.value && <Share page={page} settings={shown} runs={runs.value} panelsId="runs" />}
        </>
      )}
    </section>
  );
}
