import './steps.css';
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import type { LockModeName } from '../../../lock-modes/registry.ts';
import { describeState } from '../narrative/describe-state.ts';
import type { Page } from '../runner/page.ts';
import type { Guess, Stepper } from '../runner/stepper.ts';
import { newSeed } from '../state/random.ts';
import { firstRace, type Settings } from '../state/settings.ts';
import { explainOutcome, type Name, nextToStep, type RequestState } from '../state/stepping.ts';
import { Button } from './button.tsx';
import { ModeSelect } from './mode-select.tsx';
import { RunPanel } from './run-panel.tsx';
import { ScaleChoice } from './scale-choice.tsx';
import { Share } from './share.tsx';
import { mustWait, Waits } from './waits.tsx';

const nextId = 'steps-next';
const scale = signal<'time' | 'order'>('order');

/** The race step by step, under the user's control. */
export function StepsSection({ page }: { page: Page }) {
  const { stepper } = page;
  const [chosen, setWanted] = useState<LockModeName | undefined>();
  const wanted = chosen ?? stepper.mode.value; // the link's mode until the user selects one
  const run = stepper.run.value;
  const settings: Settings = {
    ...firstRace,
    scenario: 'steps',
    modes: [stepper.mode.value],
    seed: stepper.seed.value,
    moves: stepper.steps.value,
  };
  const begin = () => {
    const seed = newSeed();
    page.remember({ ...settings, modes: [wanted], seed, moves: '' });
    void stepper.begin(wanted, seed);
  };
  const isIdle = stepper.state.value === 'stepping' || mustWait(page, 'stepper') || page.lab.lab.value !== 'on';
  return (
    <section id="steps" aria-labelledby="steps-title">
      <div class="bar">
        <h2 id="steps-title">Step by step</h2>
        {run && <ScaleChoice scale={scale} name="steps-scale" />}
      </div>
      <p class="lead">
        You decide when a request continues. Each one is held before it reads, before it charges or refunds, and before
        it writes. Guess what happens next.
      </p>
      <div class="fields">
        <ModeSelect
          label="Guarded by"
          modes={page.lab.status.value?.modes ?? ['none', 'redis']}
          value={wanted}
          onChange={setWanted}
        />
        <Button look="primary" idle={isIdle} onPress={begin}>
          {run ? 'Begin again' : 'Begin'}
        </Button>
      </div>
      <Waits page={page} activity="stepper" />
      {stepper.note.value && (
        <p class="error" role="status">
          {stepper.note.value}
        </p>
      )}
      {run && (
        <div class="stepping">
          <Controls page={page} settings={settings} />
          <div id="steps-run" class="of-1">
            <RunPanel run={run} scale={scale.value}>
              <p class="headline waiting">Held</p>
            </RunPanel>
          </div>
        </div>
      )}
      {run && stepper.state.value === 'over' && (
        <Share page={page} settings={settings} runs={[run]} panelsId="steps-run" />
      )}
    </section>
  );
}

function Controls({ page, settings }: { page: Page; settings: Settings }) {
  const { stepper } = page;
  const { A, B } = stepper.states.value;
  const nextName = nextToStep({ A, B }, stepper.steps.value);
  const state = stepper.state.value;
  const waits = mustWait(page, 'stepper');
  const canGo = state === 'ready' && !waits;
  const answer = (choice: string) => {
    document.getElementById(nextId)?.focus(); // the choices disappear
    then(stepper.answer(choice));
  };
  const then = (done: Promise<void>) =>
    void done.then(() => page.remember({ ...settings, moves: stepper.steps.value }));
  return (
    <div>
      <dl class="states">
        <StateRow name="A" title="Pay" requestState={A} next={nextName} />
        <StateRow name="B" title="Cancel" requestState={B} next={nextName} />
      </dl>
      <Prompt stepper={stepper} idle={waits} onAnswer={answer} />
      <p class="buttons">
        <Button id={nextId} look="primary" idle={!canGo} onPress={() => then(stepper.next())}>
          Next{nextName && canGo ? `: ${nextName === 'A' ? 'pay' : 'cancel'}` : ''}
        </Button>
        <Button idle={state === 'stepping' || waits || stepper.steps.value === ''} onPress={() => then(stepper.undo())}>
          Undo
        </Button>
        <Button idle={!canGo} onPress={() => then(stepper.resume())}>
          Resume both
        </Button>
      </p>
      <p class="aside">
        “Undo” repeats all steps but the last on a fresh user. “Resume both” also sends a request that is not sent yet.
        A request is held for at most 30 s, then it resumes by itself.
      </p>
    </div>
  );
}

function StateRow({
  name,
  title,
  requestState,
  next,
}: {
  name: Name;
  title: string;
  requestState: RequestState;
  next: Name | undefined;
}) {
  return (
    <div class={next === name ? 'next' : undefined}>
      <dt class={name === 'A' ? 'pay' : 'cancel'}>{title}</dt>
      <dd>
        {describeState(requestState)}
        {next === name && <small> is next</small>}
      </dd>
    </div>
  );
}

/** Defined once: a function made at each render would be called at each render, and take the focus back. */
const takeFocus = (prompt: HTMLFieldSetElement | null) => prompt?.focus();

interface PromptProps {
  readonly stepper: Stepper;
  readonly idle: boolean;
  onAnswer(choice: string): void;
}

function Prompt({ stepper, idle, onAnswer }: PromptProps) {
  const question = stepper.question.value;
  const guess = stepper.guess.value;
  if (question) {
    return (
      <fieldset class="prompt" tabIndex={-1} ref={takeFocus}>
        <legend>{question.ask}</legend>
        {question.choices.map(({ id, text }) => (
          <Button key={id} idle={idle} onPress={() => onAnswer(id)}>
            {text}
          </Button>
        ))}
      </fieldset>
    );
  }
  return <div role="status">{guess && <GuessResult guess={guess} />}</div>;
}

function GuessResult({ guess: { question, chosen, actual } }: { guess: Guess }) {
  if (actual === 'unseen') return <p class="guess">The trace does not show what happened.</p>;
  const text = question.choices.find(({ id }) => id === actual)?.text;
  if (actual === undefined || text === undefined) return <p class="guess">None of these happened.</p>;
  return (
    <div class={`guess ${chosen === actual ? 'right' : 'wrong'}`}>
      <p>
        <b>{chosen === actual ? '✓ Right.' : '✕ Wrong.'}</b> {text}.
      </p>
      <p>{explainOutcome(actual)}</p>
    </div>
  );
}
