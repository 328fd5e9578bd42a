import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import type { LockModeName } from '../../../lock-modes/registry.ts';
import { openTraceStream, type StreamState, type TraceStream } from '../api/trace-stream.ts';
import { newSeed } from '../state/random.ts';
import type { Run } from '../state/run.ts';
import { type LevelId, levelOf } from '../state/scheduler/levels.ts';
import { steppedSettings } from '../state/scheduler/stepped-settings.ts';
import type { Settings } from '../state/settings.ts';
import { createAddress } from './browser/address.ts';
import { keepPlayedRuns } from './browser/played-runs.ts';
import { createPresenter, type Presenter } from './browser/presenter.ts';
import { createTheme, type Theme } from './browser/theme.ts';
import { createExclusiveActivity, type ExclusiveActivity } from './exclusive-activity.ts';
import { createFaultBoard, type FaultBoard } from './fault-board.ts';
import { createJobBoard, type JobBoard } from './job-board.ts';
import { type LabState, watchLab } from './lab-state.ts';
import { createLoad, type Load } from './load/load.ts';
import { createStepper, type Stepper } from './scheduler/stepper.ts';
import { createStage, type Stage } from './stage.ts';
import { createUserCare, type UserCare } from './users/user-care.ts';

/** The state and the actions of the views. */
export interface Page {
  readonly lab: LabState;
  readonly stage: Stage;
  readonly stepper: Stepper;
  readonly load: Load;
  readonly activity: ExclusiveActivity;
  readonly faults: FaultBoard;
  readonly care: UserCare;
  readonly jobs: JobBoard;
  readonly theme: Theme;
  readonly presenter: Presenter;
  /** undefined while there is no lab to hear from. */
  readonly stream: ReadonlySignal<StreamState | undefined>;
  readonly gap: ReadonlySignal<boolean>;
  /** What is wrong with the page's address, in sentences. */
  readonly linkMistakes: ReadonlySignal<readonly string[]>;
  /** What the address asks for, until it is played: a link alone sends nothing. */
  readonly proposal: ReadonlySignal<Settings | undefined>;
  /** Runs these settings where they belong, and puts them into the address. */
  play(settings: Settings): Promise<void>;
  /** Runs what is on the stage in one more mode, beside it. */
  compare(mode: LockModeName): Promise<void>;
  /** Begins a level of the scheduler, and plays the whole order if there is one. */
  schedule(level: LevelId, order?: string): Promise<void>;
  /** Puts the settings into the address without a new run. */
  remember(settings: Settings): void;
  /** The address that asks for this again. */
  linkTo(settings: Settings): string;
  /** Shows what was played at this address, or what it asks for. */
  openAddress(): Promise<void>;
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
  const faults = createFaultBoard(lab);
  const stepper = createStepper(deps, () => faults.faults.value?.past ?? []);
  const load = createLoad(deps);
  void lab.known.then(() => {
    if (lab.lab.value === 'on') opened.value = openTraceStream(session);
  });

  const address = createAddress(session);
  const proposal = signal<Settings | undefined>();
  const played = keepPlayedRuns();
  /** The entries of the history to which what is shown belongs. */
  const entries = { stage: '', stepper: '', load: '' };
  effect(() => {
    const [settings, runs] = [stage.settings.value, stage.runs.value];
    if (settings && !stage.busy.value && runs.length > 0 && runs.every(({ state }) => state === 'done'))
      played.keep(entries.stage, { settings, runs });
  });
  effect(() => {
    const run = stepper.run.value;
    if (!run || stepper.state.value !== 'over') return;
    const settings = steppedSettings(stepper.level.peek(), stepper.seed.peek(), stepper.steps.peek());
    played.keep(entries.stepper, { settings, runs: [run] });
  });

  function enter(settings: Settings, id: string): void {
    const { scenario } = settings;
    entries[scenario === 'steps' ? 'stepper' : scenario === 'load' ? 'load' : 'stage'] = id;
    linkMistakes.value = [];
    proposal.value = undefined;
  }

  async function openAddress(): Promise<void> {
    const id = address.played();
    const link = address.read();
    linkMistakes.value = link.outcome === 'wrong' ? link.mistakes : [];
    await lab.known;
    if (lab.lab.value !== 'on' || stage.busy.value) return;
    const kept = id === undefined ? undefined : played.find(id);
    const isShown = id !== undefined && (id === entries.stepper || id === entries.load);
    proposal.value = link.outcome === 'run' && !kept && !isShown ? link.settings : undefined;
    if (isShown) return;
    entries.stage = id ?? '';
    stage.show(kept);
  }
  address.onMove(() => void openAddress());

  /** What the visitor has moved to in the meantime is shown after the run. */
  async function onStage(settings: Settings, before: readonly Run[]): Promise<void> {
    if (activity.current.value !== undefined) return;
    enter(settings, address.begin(settings));
    await stage.run(settings, before);
    if (address.played() !== entries.stage) await openAddress();
  }

  async function play(settings: Settings): Promise<void> {
    const { scenario, seed, moves } = settings;
    const [mode = 'none'] = settings.modes;
    if (scenario !== 'steps' && scenario !== 'load') return onStage(settings, []);
    if (activity.current.value !== undefined) return;
    enter(settings, address.begin(settings));
    await (scenario === 'steps' ? stepper.begin(settings.level ?? mode, seed, moves) : load.run(mode, seed));
  }

  async function compare(mode: LockModeName): Promise<void> {
    const [settings, runs] = [stage.settings.value, stage.runs.value];
    if (settings) await onStage({ ...settings, modes: [...settings.modes, mode] }, runs);
  }

  const remember = (settings: Settings) => enter(settings, address.change(settings));

  async function schedule(level: LevelId, order?: string): Promise<void> {
    if (activity.current.value !== undefined && activity.current.value !== 'stepper') return;
    const settings = steppedSettings(levelOf(level), newSeed());
    enter(settings, address.begin(settings)); // a run is kept as soon as it is over, under this entry
    await stepper.begin(level, settings.seed, '', order);
    remember({ ...settings, moves: stepper.steps.value });
  }

  return {
    lab,
    stage,
    stepper,
    load,
    activity,
    faults,
    care: createUserCare({ lab, activity }),
    jobs: createJobBoard(lab),
    theme: createTheme(),
    presenter: createPresenter({ stage, play, compare }),
    stream: computed(() => opened.value?.state.value),
    gap: computed(() => opened.value?.gap.value ?? false),
    linkMistakes,
    linkTo: address.linkTo,
    proposal,
    remember,
    schedule,
    openAddress,
    play,
    compare,
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
