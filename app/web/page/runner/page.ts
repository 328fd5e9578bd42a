import { computed, type ReadonlySignal, signal } from '@preact/signals';
import { openTraceStream, type StreamState, type TraceStream } from '../api/trace-stream.ts';
import { readLink, writeLink } from '../state/link.ts';
import { firstRace, type Settings } from '../state/settings.ts';
import { createExclusiveActivity, type ExclusiveActivity } from './exclusive-activity.ts';
import { createFaultBoard, type FaultBoard } from './fault-board.ts';
import { createJobBoard, type JobBoard } from './job-board.ts';
import { type LabState, watchLab } from './lab-state.ts';
import { createLoad, type Load } from './load.ts';
import { createStage, type Stage } from './stage.ts';
import { createStepper, type Stepper } from './stepper.ts';
import { createTheme, type Theme } from './theme.ts';

/** The state and the actions of the views. */
export interface Page {
  readonly lab: LabState;
  readonly stage: Stage;
  readonly stepper: Stepper;
  readonly load: Load;
  readonly activity: ExclusiveActivity;
  readonly faults: FaultBoard;
  readonly jobs: JobBoard;
  readonly theme: Theme;
  /** undefined while there is no lab to hear from. */
  readonly stream: ReadonlySignal<StreamState | undefined>;
  readonly gap: ReadonlySignal<boolean>;
  /** What is wrong with the page's address, in sentences. */
  readonly linkMistakes: ReadonlySignal<readonly string[]>;
  /** Runs on the stage, and puts the settings into the address. */
  run(settings: Settings): Promise<void>;
  /** Puts the settings into the address without a new run. */
  remember(settings: Settings): void;
  /** The address that shows this again. */
  linkTo(settings: Settings): string;
  /** Runs what the address asks for. */
  followLink(): Promise<void>;
}

export function createPage(): Page {
  const session = newSession();
  const lab = watchLab();
  const opened = signal<TraceStream | undefined>();
  const stream = () => opened.value;
  const linkMistakes = signal<readonly string[]>([]);
  const activity = createExclusiveActivity();
  const deps = { session, lab, stream, activity };
  const stage = createStage(deps);
  const stepper = createStepper(deps);
  const load = createLoad(deps);
  void lab.known.then(() => {
    if (lab.lab.value === 'on') opened.value = openTraceStream(session);
  });

  /** With the part of the page where it is shown, unless that is at the top anyway. */
  const addressOf = (settings: Settings) =>
    settings.scenario === 'steps' || settings.scenario === 'load'
      ? `/${writeLink(settings)}#${settings.scenario}`
      : `/${writeLink(settings)}`;
  const linkTo = (settings: Settings) => new URL(addressOf(settings), window.location.origin).href;
  function remember(settings: Settings): void {
    linkMistakes.value = [];
    window.history.replaceState(null, '', addressOf(settings));
  }

  return {
    lab,
    stage,
    stepper,
    load,
    activity,
    faults: createFaultBoard(lab),
    jobs: createJobBoard(lab),
    theme: createTheme(),
    stream: computed(() => opened.value?.state.value),
    gap: computed(() => opened.value?.gap.value ?? false),
    linkMistakes,
    linkTo,
    remember,
    async run(settings) {
      remember(settings);
      await stage.run(settings);
    },
    async followLink() {
      const link = readLink(window.location.search);
      if (link.outcome === 'nothing') return;
      if (link.outcome === 'wrong') {
        linkMistakes.value = link.mistakes;
        return;
      }
      await lab.known;
      if (lab.lab.value !== 'on') return;
      const { settings } = link;
      const [mode = firstRace.modes[0] ?? 'none'] = settings.modes;
      if (settings.scenario === 'steps') await stepper.begin(mode, settings.seed, settings.moves);
      else if (settings.scenario === 'load') await load.run(mode, settings.seed);
      else await stage.run(settings);
    },
  };
}

/** Unguessable is not needed, only that two pages do not have the same: a lab may be served without TLS. */
function newSession(): string {
  const random = crypto.getRandomValues(new Uint32Array(2));
  return [...random]
    .map((part) => part.toString(36))
    .join('')
    .slice(0, 12);
}
