import { expect, test } from 'vitest';
import { firstRace, type Settings } from '../state/settings.ts';
import { describeProposal } from './describe-proposal.ts';

test.each<[Partial<Settings>, string]>([
  [{ userId: 5 }, 'It sends a pay and a cancel at once on user 5. Guard: No guard (none).'],
  [
    { modes: ['none', 'redis'] },
    'It sends a pay and a cancel at once on fresh users. Guard: No guard (none), then The Redis lock (redis).',
  ],
  [{ scenario: 'storm' }, 'It sends 5 pays at once on a fresh user. Guard: No guard (none).'],
  [
    { scenario: 'steps', moves: 'AAB' },
    'It sends a pay and a cancel, held before each step, on a fresh user; 3 steps are taken at once. Guard: No guard (none).',
  ],
  [
    { scenario: 'steps', modes: ['memory'], level: 'memory-one' },
    'It sends a pay and a cancel, held before each step, on a fresh user. Guard: Mutex, one instance (memory).',
  ],
  [{ scenario: 'load' }, 'It sends pays and cancels on 4 fresh users for 5 seconds. Guard: No guard (none).'],
])('says what would be sent, to whom, and under which guard: %j', (settings, said) => {
  expect(describeProposal({ ...firstRace, ...settings })).toBe(said);
});
