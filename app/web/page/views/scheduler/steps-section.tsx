import './steps.css';
import { signal } from '@preact/signals';
import { useMemo, useState } from 'preact/hooks';
import type { Scale } from '../../diagram/index.ts';
import type { Page } from '../../runner/page.ts';
import { faultsDuring } from '../../state/fault-targets.ts';
import type { LevelId } from '../../state/scheduler/levels.ts';
import { stateOfLevel } from '../../state/scheduler/progress.ts';
import { steppedSettings } from '../../state/scheduler/stepped-settings.ts';
import { Button } from '../button.tsx';
import { RunPanel } from '../run/run-panel.tsx';
import { Share } from '../run/share.tsx';
import { modesOf } from '../select.tsx';
import { mustWait, Waits } from '../waits.tsx';
import { AboutLevel } from './about-level.tsx';
import { Controls } from './controls.tsx';
import { LevelChoice, levelsOf } from './level-choice.tsx';
import { OrderMap } from './order-map.tsx';

const scale = signal<Scale>('order');
const asks = signal(true);

/** The visitor as the scheduler of the race: any order of its steps, against any guard. */
export function StepsSection({ page }: { page: Page }) {
  const { stepper } = page;
  const [chosen, setWanted] = useState<LevelId | undefined>();
  const wanted = chosen ?? stepper.level.value.id; // that of the link until the user selects one
  const progress = stepper.progress.kept.value;
  const run = stepper.run.value;
  const past = page.faults.faults.value?.past;
  const bars = useMemo(() => (run ? faultsDuring(run, past ?? []) : []), [run, past]);
  const settings = steppedSettings(stepper.level.value, stepper.seed.value, stepper.steps.value);
  const isIdle = stepper.state.value === 'stepping' || mustWait(page, 'stepper') || page.lab.lab.value !== 'on';
  const start = (order?: string) => {
    document.getElementById('scheduler')?.scrollIntoView({ behavior: 'instant' }); // a smooth one is cut off by the first move
    void page.schedule(wanted, order);
  };
  const isShown = run !== undefined && wanted === stepper.level.value.id;
  return (
    <section id="steps" aria-labelledby="steps-title">
      <h2 id="steps-title">You are the scheduler</h2>
      <p class="lead">
        A pay and a cancel of one user, each held before it reads, before it charges or refunds, and before it writes.
        You decide whose turn it is. Break each guard: get an update lost.
      </p>
      <LevelChoice offered={levelsOf(modesOf(page))} value={wanted} progress={progress} onChange={setWanted} />
      <p class="begin-steps">
        <Button look="primary" idle={isIdle} onPress={() => start()}>
          {isShown ? 'Begin again' : 'Begin'}
        </Button>
        <label>
          <input
            type="checkbox"
            checked={asks.value}
            onChange={() => {
              asks.value = !asks.value;
            }}
          />{' '}
          Let me guess first
        </label>
      </p>
      <Waits page={page} activity="stepper" />
      {stepper.note.value && (
        <p class="error" role="status">
          {stepper.note.value}
        </p>
      )}
      <div id="scheduler" class="scheduler">
        <div class="turns-of-both">
          <Controls
            page={page}
            asks={asks.value}
            then={(done) => void done.then(() => page.remember({ ...settings, moves: stepper.steps.value }))}
          />
          <AboutLevel level={wanted} state={stateOfLevel(progress, wanted)} />
          <OrderMap
            found={progress[wanted] ?? {}}
            moves={isShown ? stepper.steps.value : ''}
            idle={isIdle}
            onPlay={start}
          />
        </div>
        <div class="shown">
          <div id="steps-run" class="of-1">
            {run ? (
              <RunPanel run={run} scale={scale} bars={bars}>
                <p class="aside">Held between your moves.</p>
              </RunPanel>
            ) : (
              <p class="aside">Begin, and let one of them move: its steps are drawn here.</p>
            )}
          </div>
          {run && stepper.state.value === 'over' && (
            <Share page={page} settings={settings} runs={[run]} panelsId="steps-run" />
          )}
        </div>
      </div>
      <p>
        <Button look="quiet" idle={Object.keys(progress).length === 0} onPress={() => stepper.progress.clear()}>
          Forget what I have tried
        </Button>
      </p>
    </section>
  );
}
