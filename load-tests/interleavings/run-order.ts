import { type Name, names } from './pairs.ts';
import type { Runner } from './runner.ts';

/** What a guard blocks while a rival is in its critical section. */
export type Blocks = 'nothing' | 'entry' | 'write';

/** A request that was taken for blocked advanced while its rival was still in its critical section. */
export class LateError extends Error {
  override readonly name = 'LateError';
}

/**
 * Runs two requests in the given order of steps. At its turn, a request is sent if necessary and takes one step. A request
 * that has ended is skipped. While the guard blocks a request, its rival continues; its own turns follow once it is
 * admitted. Steps left at the end of the order run with A first.
 *
 * @param blocks what the guard blocks while the rival is inside. If it is a write, a deadlock, which the rival's write makes,
 *   can free the blocked request while the rival goes on. Where nothing is blocked, a slow request is only waited for.
 * @returns whether a request was blocked at its turn.
 * @throws {LateError} when a request that was taken for blocked advances before its rival has ended: it was only slow.
 */
export async function runOrder(
  runners: Readonly<Record<Name, Runner>>,
  order: readonly Name[],
  { blocks = 'entry' }: { readonly blocks?: Blocks } = {},
): Promise<boolean> {
  const due = [...order];
  let blocked = false;
  const canAdvance = (name: Name) => runners[name].state !== 'answered' && runners[name].state !== 'blocked';

  for (;;) {
    const name = due.find(canAdvance) ?? names.find(canAdvance);
    if (!name) return blocked;
    const runner = runners[name];
    const rival = runners[name === 'A' ? 'B' : 'A'];
    const mayBeBlocked = () => blocks !== 'nothing' && rival.state === 'held';

    if (runner.state === 'not sent') await runner.advance(mayBeBlocked());
    if (runner.state === 'held') {
      const turn = due.indexOf(name);
      if (turn >= 0) due.splice(turn, 1);
      await runner.advance(mayBeBlocked());
    }
    if (runner.state === 'blocked') blocked = true;
    if (rival.state === 'blocked') {
      const isInside = runner.state !== 'answered';
      await rival.recheck(isInside);
      if (isInside && rival.state !== 'blocked' && blocks !== 'write') throw new LateError('was late, not blocked');
    }
  }
}
