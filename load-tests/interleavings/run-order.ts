import { type Name, names } from './pairs.ts';
import type { Runner } from './runner.ts';

/** A request that was taken for blocked advanced while its rival was still in its critical section. */
export class LateError extends Error {
  override readonly name = 'LateError';
}

/**
 * Runs two requests in the given order of steps. At its turn, a request is sent if necessary and takes one step. A request
 * that has ended is skipped. While the guard blocks a request, its rival continues; its own turns follow once it is
 * admitted. Steps left at the end of the order run with A first.
 *
 * @param blocksWrites whether the guard blocks a write, not the entry: then a deadlock, which its rival's write makes, can
 *   free a blocked request while the rival goes on.
 * @returns whether a request was blocked at its turn.
 * @throws {LateError} when a request that was taken for blocked advances before its rival has ended: it was only slow.
 */
export async function runOrder(
  runners: Readonly<Record<Name, Runner>>,
  order: readonly Name[],
  { blocksWrites = false } = {},
): Promise<boolean> {
  const due = [...order];
  let blocked = false;
  const canAdvance = (name: Name) => runners[name].state !== 'answered' && runners[name].state !== 'blocked';

  for (;;) {
    const name = due.find(canAdvance) ?? names.find(canAdvance);
    if (!name) return blocked;
    const runner = runners[name];
    const rival = runners[name === 'A' ? 'B' : 'A'];
    const rivalIsInside = () => rival.state === 'held';

    if (runner.state === 'not sent') await runner.advance(rivalIsInside());
    if (runner.state === 'held') {
      const turn = due.indexOf(name);
      if (turn >= 0) due.splice(turn, 1);
      await runner.advance(rivalIsInside());
    }
    if (runner.state === 'blocked') blocked = true;
    if (rival.state === 'blocked') {
      const isInside = runner.state !== 'answered';
      await rival.recheck(isInside);
      if (isInside && rival.state !== 'blocked' && !blocksWrites) throw new LateError('was late, not blocked');
    }
  }
}
