import { type Name, names } from './pairs.ts';
import type { Player } from './player.ts';

/** A request that was taken for blocked came after all, while the other one was still at work. */
export class LateError extends Error {
  override readonly name = 'LateError';
}

/**
 * Has two requests take their steps in an order. One whose turn comes is sent, if it was not yet, and takes one step; one
 * who has ended is passed over; one who is blocked by the guard has its turn when the guard lets it in, and the other one
 * goes on meanwhile. What is left when the order is over is done by A first.
 *
 * @returns whether somebody was blocked when its turn came.
 * @throws {LateError} when a request that was taken for blocked came while the other one was still inside.
 */
export async function play(players: Readonly<Record<Name, Player>>, order: readonly Name[]): Promise<boolean> {
  const due = [...order];
  let blocked = false;
  const canGo = (name: Name) => players[name].standing !== 'answered' && players[name].standing !== 'blocked';

  for (;;) {
    const name = due.find(canGo) ?? names.find(canGo);
    if (!name) return blocked;
    const player = players[name];
    const rival = players[name === 'A' ? 'B' : 'A'];
    const rivalIsInside = () => rival.standing === 'held';

    if (player.standing === 'not sent') await player.go(rivalIsInside());
    if (player.standing === 'held') {
      const turn = due.indexOf(name);
      if (turn >= 0) due.splice(turn, 1);
      await player.go(rivalIsInside());
    }
    if (player.standing === 'blocked') blocked = true;
    if (rival.standing === 'blocked') {
      const isInside = player.standing !== 'answered';
      await rival.look(isInside);
      if (isInside && rival.standing !== 'blocked') throw new LateError('was late, and not blocked');
    }
  }
}
