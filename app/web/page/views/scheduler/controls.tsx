import { useState } from 'preact/hooks';
import { describeState } from '../../narrative/scheduler/describe-state.ts';
import type { Page } from '../../runner/page.ts';
import { movable, type Name } from '../../state/scheduler/stepping.ts';
import { Button } from '../button.tsx';
import { mustWait } from '../waits.tsx';
import { Question } from './question.tsx';

interface ControlsProps {
  readonly page: Page;
  /** True if a question may come before a move. */
  readonly asks: boolean;
  /** Called with each action. */
  then(done: Promise<void>): void;
}

const moveIds: Readonly<Record<Name, string>> = { A: 'pay-moves', B: 'cancel-moves' };

/** The moves, the state of both requests, and what came of the last move. */
export function Controls({ page, asks, then }: ControlsProps) {
  const { stepper } = page;
  const states = stepper.states.value;
  const state = stepper.state.value;
  const waits = mustWait(page, 'stepper');
  const canGo = state === 'ready' && !waits;
  const can = movable(states);
  const [last, setLast] = useState<Name>('A');
  const move = (name: Name) => {
    setLast(name);
    then(stepper.move(name, asks));
  };
  const answer = (choice: string | undefined) => {
    document.getElementById(moveIds[last])?.focus(); // the choices disappear
    then(stepper.answer(choice));
  };
  return (
    <>
      <p class="moves">
        <Button id={moveIds.A} look="primary" idle={!canGo || !can.includes('A')} onPress={() => move('A')}>
          Pay moves
        </Button>
        <Button id={moveIds.B} look="primary" idle={!canGo || !can.includes('B')} onPress={() => move('B')}>
          Cancel moves
        </Button>
        <Button idle={state === 'stepping' || waits || stepper.steps.value === ''} onPress={() => then(stepper.undo())}>
          Undo
        </Button>
        <Button idle={!canGo} onPress={() => then(stepper.resume())}>
          Resume both
        </Button>
      </p>
      <dl class="states">
        {(['A', 'B'] as const).map((name) => (
          <div key={name}>
            <dt class={name === 'A' ? 'pay' : 'cancel'}>{name === 'A' ? 'Pay' : 'Cancel'}</dt>
            <dd>{describeState(states[name])}</dd>
          </div>
        ))}
      </dl>
      <p class="moved" role="status">
        {stepper.outcome.value ?? 'Nothing has moved yet.'}
        <LockLeft page={page} />
      </p>
      <Question stepper={stepper} idle={waits} onAnswer={answer} />
    </>
  );
}

/** How long the lock that blocks a request lasts, unless it is renewed. */
function LockLeft({ page }: { page: Page }) {
  const isBlocked = Object.values(page.stepper.states.value).some(({ state }) => state === 'blocked');
  const locks = page.lab.locks.value;
  const user = page.stepper.run.value?.user.id;
  if (!isBlocked || locks?.outcome !== 'seen') return null;
  const lock = locks.held.find(({ key }) => key.startsWith(`PAYMENT_${user}_`) || key === `PAYMENT_${user}`);
  if (!lock) return null;
  return <span aria-hidden="true"> The lock expires in {(lock.ttlMs / 1000).toFixed(1)} s, unless it is renewed.</span>;
}
