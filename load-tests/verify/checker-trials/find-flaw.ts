import { seeded } from '../../../app/web/page/model/random.ts';
import type { checkLinearizability } from '../linearizability.ts';
import { compareWithSearch, disagreementOn } from './disagreement.ts';
import { readHandWritten } from './fixtures.ts';
import { randomHistory } from './random-history.ts';

/** @returns what a checker gets wrong, if the checker's own tests find something, with fewer random histories: see linearizability.test.ts. */
export function findFlaw(check: typeof checkLinearizability): string | undefined {
  try {
    for (const { name, history } of readHandWritten()) {
      const wrong = disagreementOn(history, check) ?? disagreementOn([...history].reverse(), check);
      if (wrong !== undefined) return `"${name}": ${wrong}`;
    }
    const { disagreement } = compareWithSearch(check, seeded(1), 1000);
    if (disagreement) return `a random history: ${disagreement.what}`;
    const long = randomHistory(seeded(3), { operations: 20_000, spreadMs: 300, unknownOneIn: 10 });
    return check(long).linearizable ? undefined : 'a long history: linearizable is false, but it was made so';
  } catch (error) {
    return `it throws: ${error instanceof Error ? error.message : error}`;
  }
}
