import { expect, test } from 'vitest';
import type { Name } from './pairs.ts';
import { LateError, play } from './play.ts';
import type { Player, Standing } from './player.ts';

/** What a request does when it is sent or released, one time after the other. */
type Script = readonly Standing[];

/** Two players that do as their scripts say. A blocked one comes when the other one has ended, or at its next look. */
function scripted(scripts: Record<Name, Script>, { isLate = false } = {}) {
  const moves: string[] = [];
  const playerOf = (name: Name): Player => {
    const script = [...scripts[name]];
    let standing: Standing = 'not sent';
    return {
      request: undefined,
      get standing() {
        return standing;
      },
      async go() {
        moves.push(name);
        standing = script.shift() ?? 'answered';
      },
      async look(mayBeBlocked) {
        if (!mayBeBlocked || isLate) standing = script.shift() ?? 'answered';
      },
    };
  };
  return { moves, players: { A: playerOf('A'), B: playerOf('B') } };
}
const order = (names: string) => [...names] as Name[];
const threeSteps: Script = ['held', 'held', 'held', 'answered'];

test('each takes its steps when its turn comes; it is sent right before the first of them', async () => {
  const { players, moves } = scripted({ A: threeSteps, B: threeSteps });
  expect(await play(players, order('ABABBA'))).toBe(false);
  expect(moves.join('')).toBe('AABBABBA');
});

test('one who has ended is passed over, and what is left over is done by A first', async () => {
  const { players, moves } = scripted({ A: ['held', 'answered'], B: ['held', ...threeSteps] });
  expect(await play(players, order('BBBAAA'))).toBe(false);
  expect(moves.join('')).toBe('BBBBAAB');
});

test('one who is blocked has its turns when the other one has gone on to the end', async () => {
  const { players, moves } = scripted({ A: threeSteps, B: ['blocked', ...threeSteps] });
  expect(await play(players, order('ABABBA'))).toBe(true);
  expect(moves.join('')).toBe('AABAABBB');
});

test('one who is blocked in the middle of a step has taken it', async () => {
  const { players, moves } = scripted({ A: threeSteps, B: ['held', 'blocked', 'held', 'held', 'answered'] });
  expect(await play(players, order('ABABBA'))).toBe(true);
  expect(moves.join('')).toBe('AABBAABB');
});

test('one who was taken for blocked and comes while the other one is inside has only been late', async () => {
  const { players } = scripted({ A: threeSteps, B: ['blocked', ...threeSteps] }, { isLate: true });
  await expect(play(players, order('ABABBA'))).rejects.toThrow(LateError);
});
