import { type LockModeName, lockModeNames } from '../../../lock-modes/registry.ts';
import { type LevelId, levels } from './scheduler/levels.ts';
import { firstRace, most, type Scenario, type Settings, scenarios } from './settings.ts';

/** What the address of the page asks for. */
export type Link =
  | { readonly outcome: 'nothing' }
  | { readonly outcome: 'run'; readonly settings: Settings }
  /** Each mistake is a sentence that names the part and says what it must be. */
  | { readonly outcome: 'wrong'; readonly mistakes: readonly string[] };

/** @returns the query, with its `?`, that asks for this run: {@link readLink} reads it back. */
export function writeLink({ scenario, modes, level, thinkMs, userId, seed, moves }: Settings): string {
  const parts = new URLSearchParams({ run: scenario, modes: modes.join(',') });
  if (scenario !== 'steps' && scenario !== 'load') parts.set('think', String(thinkMs));
  if (level !== undefined) parts.set('level', level);
  if (scenario === 'steps') parts.set('moves', moves);
  if (userId !== undefined) parts.set('user', String(userId));
  parts.set('seed', String(seed));
  return `?${parts.toString().replaceAll('%2C', ',')}`;
}

/** Reads a query. Missing parts default to the first race; unknown parts are ignored. */
export function readLink(search: string): Link {
  const query = new URLSearchParams(search);
  const asked = query.get('run');
  if (asked === null) return { outcome: 'nothing' };
  const mistakes: string[] = [];

  function whole(part: string, from: number, to: number, without: number): number {
    const text = query.get(part);
    if (text === null) return without;
    const value = Number(text);
    if (/^\d{1,10}$/.test(text) && value >= from && value <= to) return value;
    mistakes.push(`“${part}” must be a whole number from ${from} to ${to}, not “${text}”.`);
    return without;
  }

  const scenario = scenarios.find((name) => name === asked);
  if (!scenario) mistakes.push(`“run” must be one of ${scenarios.join(', ')}, not “${asked}”.`);
  const modes = readModes(query.get('modes'), scenario ?? 'race', mistakes);
  const level = readLevel(query.get('level'), modes, mistakes);
  const moves = query.get('moves') ?? '';
  if (!/^[AB]*$/.test(moves) || moves.length > most.moves)
    mistakes.push(`“moves” must be at most ${most.moves} of the letters A and B, not “${moves}”.`);
  const settings: Settings = {
    scenario: scenario ?? 'race',
    modes,
    ...(level !== undefined && { level }),
    thinkMs: whole('think', 0, most.thinkMs, firstRace.thinkMs),
    userId: query.has('user') ? whole('user', 1, most.userId, 1) : undefined,
    seed: whole('seed', 0, most.seed, firstRace.seed),
    moves,
  };
  return mistakes.length > 0 ? { outcome: 'wrong', mistakes } : { outcome: 'run', settings };
}

function readModes(text: string | null, scenario: Scenario, mistakes: string[]): readonly LockModeName[] {
  if (text === null) return firstRace.modes;
  const atMost = scenario === 'steps' || scenario === 'load' ? 1 : 2; // side by side
  const names = text.split(',');
  const modes = names.flatMap((name) => lockModeNames.find((known) => known === name) ?? []);
  if (modes.length === names.length && new Set(modes).size === modes.length && modes.length <= atMost) return modes;
  const count = atMost === 1 ? 'one' : 'one or two different ones';
  mistakes.push(`“modes” must be ${count} of ${lockModeNames.join(', ')}, not “${text}”.`);
  return firstRace.modes;
}

function readLevel(text: string | null, modes: readonly LockModeName[], mistakes: string[]): LevelId | undefined {
  if (text === null) return undefined;
  const offered = levels.filter(({ id, mode }) => id !== mode && modes.includes(mode)).map(({ id }) => id);
  const level = offered.find((id) => id === text);
  const must = offered.length > 0 ? `be ${offered.join(' or ')}` : `be left out for ${modes.join(',')}`;
  if (!level) mistakes.push(`“level” must ${must}, not “${text}”.`);
  return level;
}
