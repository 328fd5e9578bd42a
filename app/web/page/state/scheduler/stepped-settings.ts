import { firstRace, type Settings } from '../settings.ts';
import type { Level } from './levels.ts';

/** @returns the settings that play these moves of a level. */
export function steppedSettings({ id, mode }: Level, seed: number, moves = ''): Settings {
  return { ...firstRace, scenario: 'steps', modes: [mode], ...(id !== mode && { level: id }), seed, moves };
}
