import { setTimeout as sleep } from 'node:timers/promises';
import type { LockModeName } from '../../app/lock-modes/index.ts';
import type { Witnesses } from '../verify/verdict.ts';
import { longestSilenceMs, servedIn } from './load-through.ts';
import { type FaultVerdict, Inconclusive, type Scenario } from './scenario.ts';
import { type OpenStage, openStage, type StageOptions, type TimelineEvent } from './stage.ts';
import { askWitnesses, type Testimony } from './witnesses.ts';

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
  /** Updates that were overwritten by a write that had not seen them: the stale writes. */
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
  readonly notes: Readonly<Record<string, unknown>>;
  readonly timeline: readonly TimelineEvent[];
}

const mostTries = 3;
/** Instances look for a server that was away every half second, at the latest. */
const beforeNextTryMs = 700;

/** Plays a scenario in the mode that the stack is in, again while it is inconclusive, and asks the witnesses. */
export async function playCell(scenario: Scenario, options: Omit<StageOptions, 'name'>): Promise<Cell> {
  const startedAtMs = performance.now();
  const untested: string[] = [];
  for (let tries = 1; ; tries++) {
    const played = await playOnce(scenario, { ...options, seed: options.seed + tries - 1 });
    if (played.inconclusive !== undefined) untested.push(played.inconclusive);
    if (played.verdict !== 'inconclusive' || tries === mostTries) {
      return { ...played, tries, untested, durationMs: Math.round(performance.now() - startedAtMs) };
    }
    await sleep(beforeNextTryMs);
  }
}

async function playOnce(
  scenario: Scenario,
  options: Omit<StageOptions, 'name'>,
): Promise<Omit<Cell, 'tries' | 'untested' | 'durationMs'>> {
  const { mode } = options;
  const expectation = scenario.expected[mode];
  if (!expectation) throw new RangeError(`${scenario.name} does not apply to ${mode}`);
  // Request ids are of 64 characters at most, and of one cell only.
  const name = `${scenario.name}-${mode}-${Math.round(performance.now())}`;
  const stage = await openStage({ ...options, name, users: scenario.users });
  let inconclusive: string | undefined;
  try {
    await scenario.play(stage);
  } catch (error) {
    if (!(error instanceof Inconclusive)) throw error;
    inconclusive = error.message;
  } finally {
    await stage.end();
  }
  const testimony = inconclusive === undefined ? await askWitnesses(stage) : undefined;
  const { timeline, notes } = stage;
  return {
    scenario: scenario.name,
    mode,
    expected: expectation.verdict,
    why: expectation.why,
    verdict: testimony ? verdictOf(testimony, stage) : 'inconclusive',
    ...(inconclusive !== undefined && { inconclusive }),
    witnesses: testimony?.witnesses ?? null,
    acknowledged: testimony?.acknowledged ?? 0,
    lost: testimony?.witnesses.staleWrites ?? 0,
    unfinished: testimony?.unfinished.length ?? 0,
    unavailableMs: Math.max(0, Number(notes.unavailableMs ?? 0), ...stage.loads.map(longestSilenceMs)),
    notes,
    timeline,
  };
}

/** Any one witness is enough for `violated`. Where nothing was carried out during the fault, the mode was unavailable. */
export function verdictOf({ witnesses, carriedOut }: Testimony, { loads }: Pick<OpenStage, 'loads'>): FaultVerdict {
  const { linearizable, ...counts } = witnesses;
  if (!linearizable || Object.values(counts).some((count) => count > 0)) return 'violated';
  const served = loads.length > 0 ? loads.reduce((sum, load) => sum + servedIn(load), 0) : carriedOut;
  return served > 0 ? 'held' : 'unavailable';
}
