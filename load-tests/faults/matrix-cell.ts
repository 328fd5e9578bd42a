import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditedUser } from '../../app/lab/audit-schema.ts';
import type { LockModeName } from '../../app/lock-modes/index.ts';
import { toError } from '../../app/thrown.ts';
import type { UserViolation } from '../verify/each-user.ts';
import type { Witnesses } from '../verify/verdict.ts';
import {
  type OpenScenarioContext,
  openScenarioContext,
  type ScenarioContextOptions,
} from './context/scenario-context.ts';
import {
  type AnswersOverTime,
  answersOverTime,
  haveMet,
  isRefusedIn,
  longestSilenceMs,
  servedIn,
} from './evidence/load-result.ts';
import type { Loss } from './evidence/lost-updates.ts';
import type { TimelineEvent } from './evidence/timeline.ts';
import { askWitnesses, type WitnessResults } from './evidence/witnesses.ts';
import { type Expectation, expected } from './expected.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { type FaultVerdict, Inconclusive } from './verdict.ts';

/** The result of one scenario in one mode, as `--json` writes it. Other programs read it: add fields, remove none. */
export interface MatrixCell {
  readonly scenario: string;
  readonly mode: LockModeName;
  readonly expected: FaultVerdict;
  readonly why: string;
  readonly verdict: FaultVerdict;
  /** Why nothing was tested. With the verdict `violated`: why the fault was missed, though a witness found something. */
  readonly inconclusive?: string;
  readonly witnesses: Witnesses | null;
  /** Updates acknowledged to a client. */
  readonly acknowledged: number;
  /** Acknowledged updates overwritten by a write that had not read them: see {@link lostUpdates}. */
  readonly lost: number;
  /** Both, in the halves of a load's time: how far they differ shows how far to trust the share of one run. */
  readonly halves?: readonly [Loss, Loss];
  /** Users with a call of unknown outcome: their flag and ledger may differ by what that has left, until they are reconciled. */
  readonly unfinished: number;
  /** Calls of unknown outcome. */
  readonly unknown: number;
  /** Users whose answers are explained only if such calls took effect. */
  readonly onlyByUnknown: number;
  /** Longest time without a served request. */
  readonly unavailableMs: number;
  readonly durationMs: number;
  /** An inconclusive cell is retried. */
  readonly tries: number;
  /** The reasons of the inconclusive tries. */
  readonly untested: readonly string[];
  /** Whether a third request was admitted while its rival was in its critical section, if tried. */
  readonly thirdGotIn?: boolean;
  /** Whether it is expected to be, if that distinguishes modes. */
  readonly expectedThirdGotIn?: boolean;
  /** True if the verdict and `thirdGotIn` are the expected ones. */
  readonly asExpected: boolean;
  /** Number of the repetition, from 1. */
  readonly play: number;
  readonly notes: Readonly<Record<string, unknown>>;
  /** In order of time. */
  readonly timeline: readonly TimelineEvent[];
  /** The answers of a load over time, with the fault in between. */
  readonly load?: AnswersOverTime;
  /** A user whose flag and ledger disagree, with the requests that led there. */
  readonly wronged?: AuditedUser;
  /** The simplest violation of linearizability. */
  readonly unexplained?: UserViolation;
}

const maxTries = 3;
/** Longer than the half second after which instances retry a lost server. */
const beforeNextTryMs = 700;

export interface CellOptions extends Omit<ScenarioContextOptions, 'name' | 'users' | 'expected' | 'slowdown'> {
  /** Number of the repetition, from 1; each has its own seed. */
  readonly play: number;
  /** Restarts the instances if they have other settings. */
  readonly prepare: (slowdown: number) => Promise<void>;
}

/**
 * Runs a scenario in the stack's mode, and asks the witnesses. On a busy machine a step may miss its lease, and the try is
 * inconclusive: the next one has leases three times as long.
 */
export async function runCell(scenario: Scenario, { play, prepare, ...options }: CellOptions): Promise<MatrixCell> {
  const startedAtMs = performance.now();
  const seed = options.seed + (play - 1) * maxTries;
  const { result, ...tries } = await untilConclusive(async (tried) => {
    const slowdown = 3 ** tried;
    await prepare(slowdown);
    return runOnce(scenario, { ...options, slowdown, seed: seed + tried });
  });
  return { ...result, ...tries, play, durationMs: Math.round(performance.now() - startedAtMs) };
}

/** Runs up to three tries. @returns the first conclusive result, or the last one. */
export async function untilConclusive<T extends Pick<MatrixCell, 'verdict' | 'inconclusive'>>(
  runOnce: (tried: number) => Promise<T>,
  betweenTriesMs = beforeNextTryMs,
): Promise<{ result: T; tries: number; untested: string[] }> {
  const untested: string[] = [];
  for (let tries = 1; ; tries++) {
    const result = await runOnce(tries - 1);
    if (result.inconclusive !== undefined) untested.push(result.inconclusive);
    if (result.verdict !== 'inconclusive' || tries === maxTries) return { result, tries, untested };
    await sleep(betweenTriesMs);
  }
}

async function runOnce(
  scenario: Scenario,
  options: Omit<ScenarioContextOptions, 'name' | 'expected'>,
): Promise<Omit<MatrixCell, 'tries' | 'untested' | 'play' | 'durationMs'>> {
  const { mode } = options;
  const expectation = expected[mode][scenario.name];
  if (!expectation) throw new RangeError(`${scenario.name} does not apply to ${mode}`);
  // Request ids have at most 64 characters and must be unique to this cell.
  const name = `${scenario.name}-${mode}-${Math.round(performance.now())}`;
  const context = await openScenarioContext({ ...options, expected: expectation, name, users: scenario.users });
  let inconclusive: string | undefined;
  try {
    await scenario.run(context);
  } catch (error) {
    if (!(error instanceof Inconclusive)) throw error;
    inconclusive = error.message;
  } finally {
    await context.end();
  }
  let results: WitnessResults | undefined;
  if (inconclusive === undefined) results = await askWitnesses(context);
  else {
    const found = await unexpectedViolation(expectation, () => askWitnesses(context));
    if (found instanceof Error) inconclusive += `; the witnesses did not answer: ${found.message}`;
    else results = found;
  }
  const verdict = results ? verdictOf(results, context) : 'inconclusive';
  if (results && verdict === 'inconclusive') inconclusive = whyUntested(results, context);
  const { timeline, notes, loads } = context;
  const { acknowledged = 0, lost = 0, wronged, unexplained } = results ?? {};
  const thirdGotIn = typeof notes.thirdGotIn === 'boolean' ? notes.thirdGotIn : undefined;
  const load = answersOverTime(loads, context.startedAtMs);
  return {
    scenario: scenario.name,
    mode,
    expected: expectation.verdict,
    why: expectation.why,
    verdict,
    ...(inconclusive !== undefined && { inconclusive }),
    witnesses: results?.witnesses ?? null,
    acknowledged,
    lost,
    unfinished: results?.unfinished.length ?? 0,
    unknown: results?.unknown ?? 0,
    onlyByUnknown: results?.onlyByUnknown ?? 0,
    unavailableMs: Math.max(0, Number(notes.unavailableMs ?? 0), ...loads.map(longestSilenceMs)),
    ...(thirdGotIn !== undefined && { thirdGotIn }),
    ...(expectation.thirdGotIn !== undefined && { expectedThirdGotIn: expectation.thirdGotIn }),
    asExpected: isAsExpected(expectation, { verdict, thirdGotIn }),
    notes,
    timeline,
    ...(load && { load }),
    ...(load && results && { halves: results.halves }),
    ...(wronged && { wronged }),
    ...(unexplained && { unexplained }),
  };
}

/**
 * A violation counts even if the fault missed its point in time, unless it is the expected one: then another try shows why.
 *
 * @returns the results of an inconclusive try, if they are a violation that is not expected; why the witnesses did not answer:
 *   what is not quiet yet has proved nothing.
 */
export async function unexpectedViolation(
  expected: Pick<Expectation, 'verdict'>,
  ask: () => Promise<WitnessResults>,
): Promise<WitnessResults | Error | undefined> {
  if (expected.verdict === 'violated') return undefined;
  const results = await ask().catch(toError);
  return results instanceof Error || verdictOf(results, { loads: [] }) === 'violated' ? results : undefined;
}

export function isAsExpected(
  expected: Pick<Expectation, 'verdict' | 'thirdGotIn'>,
  { verdict, thirdGotIn }: { verdict: FaultVerdict; thirdGotIn?: boolean | undefined },
): boolean {
  return verdict === expected.verdict && (expected.thirdGotIn === undefined || thirdGotIn === expected.thirdGotIn);
}

type Loads = Pick<OpenScenarioContext, 'loads'>;

/** One witness suffices for `violated`. The mode is `unavailable` if no request was carried out during the fault. */
export function verdictOf(results: WitnessResults, context: Loads): FaultVerdict {
  const { linearizable, ...counts } = results.witnesses;
  if (!linearizable || Object.values(counts).some((count) => count > 0)) return 'violated';
  if (whyUntested(results, context) !== undefined) return 'inconclusive';
  return isServed(results, context) ? 'held' : 'unavailable';
}

const isServed = ({ carriedOut }: WitnessResults, { loads }: Loads) =>
  loads.length > 0 ? loads.some((load) => servedIn(load) > 0) : carriedOut > 0;

/** @returns why a cell in which no witness found anything has tested nothing; undefined if it has. */
export function whyUntested(results: WitnessResults, { loads }: Loads): string | undefined {
  if (!isServed(results, { loads })) {
    const isRefused = loads.length > 0 ? loads.some(isRefusedIn) : results.refused > 0;
    return isRefused ? undefined : 'no request was carried out, and none was refused';
  }
  if (loads.length > 0 && results.unknown > results.carriedOut) return 'most calls of the load had an unknown outcome';
  const contended = loads.filter(({ isContended }) => isContended);
  if (contended.length === 0 || contended.some(haveMet)) return undefined;
  return 'no two requests for one user met since the fault began';
}
