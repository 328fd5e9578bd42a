import './stage.css';
import { signal } from '@preact/signals';
import { scenarioTexts } from '../narrative/texts.ts';
import type { Page } from '../runner/page.ts';
import { RunPanel } from './run-panel.tsx';
import { ScaleChoice } from './scale-choice.tsx';
import { Share } from './share.tsx';

const scale = signal<'time' | 'order'>('time');

/** The last run, or the last two side by side. */
export function StageSection({ page }: { page: Page }) {
  const { runs, settings, refusal } = page.stage;
  const shown = settings.value;
  return (
    <section id="race" class="stage" aria-label="The race">
      {refusal.value && (
        <p class="error" role="alert">
          {refusal.value}
        </p>
      )}
      {shown && runs.value.length > 0 && (
        <>
          <div class="bar">
            <h2>{scenarioTexts[shown.scenario].title}</h2>
            <ScaleChoice scale={scale} name="stage-scale" />
          </div>
          <div class={`runs of-${runs.value.length}`} id="runs">
            {runs.value.map((run) => (
              <RunPanel key={run.mode} run={run} scale={scale.value} />
            ))}
          </div>
          {!page.stage.busy.value && <Share page={page} settings={shown} runs={runs.value} panelsId="runs" />}
        </>
      )}
    </section>
  );
}
