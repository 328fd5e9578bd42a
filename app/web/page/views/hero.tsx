import './hero.css';
import { useRef } from 'preact/hooks';
import type { Page } from '../runner/page.ts';
import { newSeed } from '../state/random.ts';
import { firstRace } from '../state/settings.ts';
import { Button } from './button.tsx';
import { HolderFaults } from './lab/faults-section.tsx';
import { mustWait, Waits } from './waits.tsx';

/** The race in one sentence. */
export function Hero({ page }: { page: Page }) {
  const { stage, lab } = page;
  const isShort = stage.runs.value.length > 0 || page.proposal.value !== undefined;
  return (
    <section class={isShort ? 'hero played' : 'hero'} aria-labelledby="hero">
      <h1 id="hero">Two requests read the same user. Both write. One update is lost.</h1>
      <p class="lead">
        A user pays, and cancels while the card is still being charged. Each request reads the user’s flag, decides, and
        writes the flag back. The last write wins, and no error is reported.
      </p>
      {lab.lab.value === 'off' && <LabOff />}
    </section>
  );
}

/** The button that runs the race; while a race is shown, it stays in view above it. */
export function Begin({ page }: { page: Page }) {
  const { stage, lab } = page;
  const box = useRef<HTMLDivElement>(null);
  const isBusy = page.activity.current.value !== undefined || lab.lab.value === 'unknown';
  const waits = mustWait(page, 'stage');
  const shown = stage.settings.value;
  const isOver = !stage.busy.value && stage.runs.value.every(({ state }) => state === 'done');
  const played = isOver && shown?.scenario === 'race' ? shown.modes.join() : undefined;
  const isSeen = played === 'none';
  const isCompared = played === 'none,redis';
  const race = () => void page.play({ ...firstRace, seed: newSeed() });
  const again = () => {
    box.current?.querySelector('button')?.focus(); // this button goes
    race();
  };
  return (
    <div class="begin" ref={box}>
      <Button look="big" idle={isBusy} onPress={isSeen ? () => void page.compare('redis') : race}>
        {isSeen ? 'Now with the Redis lock' : 'Pay and cancel at once'}
      </Button>
      {isSeen && (
        <Button idle={isBusy} onPress={again}>
          Again without a lock
        </Button>
      )}
      <Waits page={page} activity="stage" />
      <HolderFaults page={page} />
      <p class="aside" hidden={waits || stage.busy.value}>
        {isSeen && 'The same two requests on another user in the same state, with a lock on the user’s payment.'}
        {isCompared && (
          <>
            Run it again, or <a href="#steps">decide yourself</a> which request moves next.
          </>
        )}
        {!isSeen && !isCompared && 'Runs for real on a test user, with no lock. Takes two seconds.'}
      </p>
    </div>
  );
}

function LabOff() {
  return (
    <p class="off">
      <b>The lab is off</b> (<code>LAB=off</code>), as it should be in production: no choice of lock mode, no step
      control, no trace. Start the instances with <code>LAB=on</code> to see the race. The users are below.
    </p>
  );
}
