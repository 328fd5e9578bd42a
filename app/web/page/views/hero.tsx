import './hero.css';
import { newSeed } from '../model/random.ts';
import { firstRace } from '../model/settings.ts';
import type { Page } from '../runner/page.ts';
import { Button } from './button.tsx';
import { mustWait, Waits } from './waits.tsx';

/** What this is about, in a sentence, and the one button that shows it. */
export function Hero({ page }: { page: Page }) {
  const { stage, lab } = page;
  const isPlayed = stage.runs.value.length > 0;
  return (
    <section class={isPlayed ? 'hero played' : 'hero'} aria-labelledby="hero">
      <h1 id="hero">Two requests read the same user. Both write. One update is lost.</h1>
      <p class="lead">
        Somebody pays, and cancels while the card is still being charged. Each request reads the user’s flag, decides on
        it, and writes it back. Whoever writes last wipes out the other, and nothing reports an error.
      </p>
      {lab.lab.value === 'off' ? <LabOff /> : <Begin page={page} />}
      {!isPlayed && lab.lab.value !== 'off' && <AtStake />}
    </section>
  );
}

function Begin({ page }: { page: Page }) {
  const { stage, lab } = page;
  const nobody = lab.users.value?.length === 0;
  const isBusy = page.activity.current.value !== undefined || lab.lab.value === 'unknown';
  const waits = mustWait(page, 'stage');
  const shown = stage.settings.value;
  const isOver = !stage.busy.value && stage.runs.value.every(({ state }) => state === 'done');
  const played = isOver && shown?.scenario === 'race' ? shown.modes.join() : undefined;
  const isSeen = played === 'none';
  const isCompared = played === 'none,redis';
  if (nobody) return <NoUsers page={page} />;
  const race = () => void page.run({ ...firstRace, seed: newSeed() });
  const compare = () => void page.run({ ...firstRace, modes: ['none', 'redis'], seed: newSeed() });
  return (
    <div class="begin">
      <Button look="big" idle={isBusy} onPress={isSeen ? compare : race}>
        {isSeen ? 'Now with the Redis lock' : 'Pay and cancel at once'}
      </Button>
      {isSeen && (
        <Button idle={isBusy} onPress={race}>
          Once more without
        </Button>
      )}
      <Waits page={page} activity="stage" />
      <p class="aside" hidden={waits}>
        {isSeen && 'The same two requests, side by side: once with no guard, once with a lock on this user’s payment.'}
        {isCompared && (
          <>
            Once more from the beginning? Or go through it <a href="#steps">move by move</a>, and guess what comes next.
          </>
        )}
        {!isSeen && !isCompared && 'Really, on a user of this lab, with nothing to guard it. It takes two seconds.'}
      </p>
    </div>
  );
}

function NoUsers({ page }: { page: Page }) {
  return (
    <div class="begin">
      <Button look="big" onPress={() => void page.lab.fill(10)}>
        Make ten users
      </Button>
      <p class="aside">The lab is empty. The race takes a user to be lost on.</p>
    </div>
  );
}

function LabOff() {
  return (
    <p class="off">
      <b>The lab is off here</b> (<code>LAB=off</code>), as it is to be where payments are real: nobody can choose a
      lock mode, lead requests step by step, or look into them. Start the instances with <code>LAB=on</code> to see the
      race. The users are below.
    </p>
  );
}

function AtStake() {
  return (
    <dl class="stake">
      <div>
        <dt>The rule</dt>
        <dd>Who has access has paid for it, once. Who is charged has access. The flag and the books agree.</dd>
      </div>
      <div>
        <dt>The window</dt>
        <dd>Between reading the flag and writing it, the card processor thinks. Anybody may come in between.</dd>
      </div>
      <div>
        <dt>The question</dt>
        <dd>A cancel comes in between: it refunds, and writes “free”. Then the pay writes. What does it write?</dd>
      </div>
    </dl>
  );
}
