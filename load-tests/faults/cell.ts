import { setTimeout as sleep } from 'node:timers/promises';
import type { LockModeName } from '../../app/lock-modes/index.ts';
import type { InconsistentUser } from '../verify/audit.ts';
import type { UserViolation } from '../verify/each-user.ts';
import type { Witnesses } from '../verify/verdict.ts';
import {
  type OpenScenarioContext,
  openScenarioContext,
  type ScenarioContextOptions,
} from './context/scenario-context.ts';
import { type AnswersOverTime, answersOverTime } from './evidence/answers-over-time.ts';
import { longestSilenceMs, servedIn } from './evidence/load-result.ts';
import type { TimelineEvent } from './evidence/timeline.ts';
import { askWitnesses, type Testimony } from './evidence/witnesses.ts';
import type { Expectation, Scenario } from './scenarios/scenario.ts';
import { type FaultVerdict, Inconclusive } from './verdict.ts';

/** One scenario in one mode, as `--json` writes it. Other programs read it: fields may come, none may go. */
export interface Cell {
  readonly scenario: string;
  readonly mode: LockModeName;
  readonly expected: FaultVerdict;
  readonly why: string;
  readonly verdict: FaultVerdict;
  /** Why nothing was tested, if nothing was. */
  readonly inconclusive?: string;
  readonly witnesses: Witnesses | null;
  /** Updates that somebody was told of. */
  readonly acknowledged: number;
  /** How many of these were overwritten by a write that had not seen them: see {@link lostUpdates}. */
  readonly lost: number;
  /** Calls that were begun and not finished: their users' books are at odds until they are reconciled. */
  readonly unfinished: number;
  /** For how long nobody was served: of a load, the longest silence. */
  readonly unavailableMs: number;
  readonly durationMs: number;
  /** How often it was played, if not once: an inconclusive cell is played again. */
  readonly tries: number;
  /** Why each of the inconclusive tries was. */
  readonly untested: readonly string[];
  /** Whether a third request got in while its rival was inside, where that was tried. */
  readonly thirdGotIn?: boolean;
  /** Whether it was to get in, where that is what tells modes apart. */
  readonly expectedThirdGotIn?: boolean;
  /** Whether the verdict is the expected one, and the third request got in or was kept out as expected. */
  readonly asExpected: boolean;
  /** Counts from 1 where a cell is played several times. */
  readonly play: number;
  readonly notes: Readonly<Record<string, unknown>>;
  /** What happened, in order of time: see {@link TimelineEvent}. */
  readonly timeline: readonly TimelineEvent[];
  /** Of a load, how its calls were answered while the fault came and went. */
  readonly load?: AnswersOverTime;
  /** A user whose flag and books disagree, if there is one: what led there, as the database has it. */
  readonly wronged?: InconsistentUser;
  /** The plainest of the histories that no order explains, if there is one. */
  readonly unexplained?: UserViolation;
}

const mostTries = 3;
/** Instances look for a server that was away every half second, at the latest. */
const beforeNextTryMs = 700;

/** What {@link playCell} is told. */
export interface CellOptions extends Omit<ScenarioContextOptions, 'name' | 'users'> {
  /** Counts from 1 where a cell is played several times: each time with a seed of its own. */
  readonly play: number;
}

/** Plays a scenario in the mode that the stack is in, again while it is inconclusive, and asks the witnesses. */
export async function playCell(scenario: Scenario, { play, ...options }: CellOptions): Promise<Cell> {
  const startedAtMs = performance.now();
  const seed = options.seed + (play - 1) * mostTries;
  const { played, ...tries } = await untilConclusive((tried) => playOnce(scenario, { ...options, seed: seed + tried }));
  return { ...played, ...tries, play, durationMs: Math.round(performance.now() - startedAtMs) };
}

/** Plays again what was inconclusive, three times at most in all: what is reported then is why the last one was. */
export async function untilConclusive<T extends Pick<Cell, 'verdict' | 'inconclusive'>>(
  playOnce: (tried: number) => Promise<T>,
  betweenTriesMs = beforeNextTryMs,
): Promise<{ played: T; tries: number; untested: string[] }> {
  const untested: string[] = [];
  for (let tries = 1; ; tries++) {
    const played = await playOnce(tries - 1);
    if (played.inconclusive !== undefined) untested.push(played.inconclusive);
    if (played.verdict !== 'inconclusive' || tries === mostTries) return { played, tries, untested };
    await sleep(betweenTriesMs);
  }
}

async function playOnce(
  scenario: Scenario,
  options: Omit<ScenarioContextOptions, 'name'>,
): Promise<Omit<Cell, 'tries' | 'untested' | 'play' | 'durationMs'>> {
  const { mode } = options;
  const expectation = scenario.expected[mode];
  if (!expectation) throw new RangeError(`${scenario.name} does not apply to ${mode}`);
  // Request ids are of 64 characters at most, and of one cell only.
  const name = `${scenario.name}-${mode}-${Math.round(performance.now())}`;
  const context = await openScenarioContext({ ...options, name, users: scenario.users });
  let inconclusive: string | undefined;
  try {
    await scenario.play(context);
  } catch (error) {
    if (!(error instanceof Inconclusive)) throw error;
    inconclusive = error.message;
  } finally {
    await context.end();
  }
  const testimony = inconclusive === undefined ? await askWitnesses(context) : undefined;
  const verdict = testimony ? verdictOf(testimony, context) : 'inconclusive';
  const { timeline, notes, loads } = context;
  const { acknowledged = 0, lost = 0, wronged, unexplained } = testimony ?? {};
  const thirdGotIn = typeof notes.thirdGotIn === 'boolean' ? notes.thirdGotIn : undefined;
  const load = answersOverTime(loads, context.startedAtMs);
  return {
    scenario: scenario.name,
    mode,
    expected: expectation.verdict,
    why: expectation.why,
    verdict,
    ...(inconclusive !== undefined && { inconclusive }),
    witnesses: testimony?.witnesses ?? null,
    acknowledged,
    lost,
    unfinished: testimony?.unfinished.length ?? 0,
    unavailableMs: Math.max(0, Number(notes.unavailableMs ?? 0), ...loads.map(longestSilenceMs)),
    ...(thirdGotIn !== undefined && { thirdGotIn }),
    ...(expectation.thirdGotIn !== undefined && { expectedThirdGotIn: expectation.thirdGotIn }),
    asExpected: isAsExpected(expectation, { verdict, thirdGotIn }),
    notes,
    timeline,
    ...(load && { load }),
    ...(wronged && { wronged }),
    ...(unexplained && { unexplained }),
  };
}

/** Whether a cell came out as it was to. Of what was not tried, nothing can be said. */
export function isAsExpected(
  expected: Pick<Expectation, 'verdict' | 'thirdGotIn'>,
  { verdict, thirdGotIn }: { verdict: FaultVerdict; thirdGotIn?: boolean | undefined },
): boolean {
  return verdict === expected.verdict && (expected.thirdGotIn === undefined || thirdGotIn === expected.thirdGotIn);
}

/** Any one witness is enough for `violated`. Where nothing was carried out during the fault, the mode was unavailable. */
export function verdictOf(
  { witnesses, carriedOut }: Testimony,
  { loads }: Pick<OpenScenarioContext, 'loads'>,
): FaultVerdict {
  const { linearizable, ...counts } = witnesses;
  if (!linearizable || Object.values(counts).some((count) => count > 0)) return 'violated';
  const served = loads.length > 0 ? loads.reduce((sum, load) => sum + servedIn(load), 0) : carriedOut;
  return served > 0 ? 'held' : 'unavailable';
}
