import type { LockModeName } from '../../../../lock-modes/registry.ts';
import type { Guess, Stepper } from '../../runner/scheduler/stepper.ts';
import { explainOutcome } from '../../state/scheduler/stepping.ts';
import { Button } from '../button.tsx';

/** Defined once: a function made at each render would be called at each render, and take the focus back. */
const takeFocus = (prompt: HTMLFieldSetElement | null) => prompt?.focus();

export interface QuestionProps {
  readonly stepper: Stepper;
  readonly idle: boolean;
  onAnswer(choice: string | undefined): void;
}

/** The question before a move, and later what came of the guess. */
export function Question({ stepper, idle, onAnswer }: QuestionProps) {
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
        <Button look="quiet" idle={idle} onPress={() => onAnswer(undefined)}>
          Do not guess, go on
        </Button>
      </fieldset>
    );
  }
  return <div role="status">{guess && <GuessResult guess={guess} mode={stepper.level.value.mode} />}</div>;
}

function GuessResult({ guess: { question, chosen, actual }, mode }: { guess: Guess; mode: LockModeName }) {
  if (actual === 'unseen') return <p class="guess">The trace does not show what happened.</p>;
  const text = question.choices.find(({ id }) => id === actual)?.text;
  if (actual === undefined || text === undefined) return <p class="guess">None of these happened.</p>;
  return (
    <div class={`guess ${chosen === actual ? 'right' : 'wrong'}`}>
      <p>
        <b>{chosen === actual ? '✓ Right.' : '✕ Wrong.'}</b> {text}.
      </p>
      <p>{explainOutcome(actual, mode)}</p>
    </div>
  );
}
