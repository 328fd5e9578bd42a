import { type ReadonlySignal, signal } from '@preact/signals';
import type { LockModeName } from '../../../../lock-modes/registry.ts';
import { story } from '../../narrative/story.ts';
import { newSeed } from '../../state/random.ts';
import { firstRace, type Settings } from '../../state/settings.ts';
import type { Stage } from '../stage.ts';

/** The story, frame by frame; and the presenter mode, where the space bar goes on, into the race itself. */
export interface Presenter {
  /** From 0. */
  readonly frame: ReadonlySignal<number>;
  /** Large type, and only the story and the race. */
  readonly isPresenting: ReadonlySignal<boolean>;
  show(frame: number): void;
  /** The next frame; after the last one, the race without a lock, and then with it. */
  next(): void;
  back(): void;
  toggle(): void;
}

interface PresenterDeps {
  readonly stage: Stage;
  play(settings: Settings): Promise<void>;
  compare(mode: LockModeName): Promise<void>;
}

const nextKeys = new Set([' ', 'ArrowRight', 'PageDown']);
const backKeys = new Set(['ArrowLeft', 'PageUp']);

export function createPresenter({ stage, play, compare }: PresenterDeps): Presenter {
  const frame = signal(0);
  const isPresenting = signal(false);
  const last = story.length - 1;
  const show = (wanted: number) => {
    frame.value = Math.min(Math.max(0, wanted), last);
  };

  function next(): void {
    const shown = stage.settings.value;
    if (!shown && frame.value < last) show(frame.value + 1);
    else if (!shown) void play({ ...firstRace, seed: newSeed() });
    else if (shown.scenario === 'race' && shown.modes.join() === 'none') void compare('redis');
  }

  function toggle(): void {
    isPresenting.value = !isPresenting.value;
    if (isPresenting.value) document.documentElement.dataset.presenting = '';
    else delete document.documentElement.dataset.presenting;
  }

  const back = () => show(frame.value - 1);
  window.addEventListener('keydown', (event) => {
    const { key, target, ctrlKey, metaKey, altKey, shiftKey } = event;
    if (!isPresenting.value || ctrlKey || metaKey || altKey || shiftKey) return;
    // The picture of a run has its own arrow keys, and a field its own keys.
    if (target instanceof Element && target.closest('[role=listbox], input, select')) return;
    if (key === ' ' && target instanceof Element && target.matches('button:focus-visible')) return; // presses it
    const act = key === 'Escape' ? toggle : nextKeys.has(key) ? next : backKeys.has(key) ? back : undefined;
    if (!act) return;
    event.preventDefault();
    if (!event.repeat) act(); // a key that is held down is one press
  });
  return { frame, isPresenting, show, next, back, toggle };
}
