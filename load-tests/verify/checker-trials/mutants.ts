import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { seeded } from '../../../app/web/page/state/random.ts';
import type { checkLinearizability } from '../linearizability.ts';
import { compareWithSearch, disagreementOn } from './disagreement.ts';
import { readHistoryFixtures } from './fixtures.ts';
import { type Mutation, mutations } from './mutations.ts';
import { randomHistory } from './random-history.ts';

export interface TriedMutation {
  readonly mutation: Mutation;
  /** The flaw that the tests found; undefined for a mutant that survived: then the tests have a gap. */
  readonly flaw: string | undefined;
}

/** Applies each mutation to its own copy of the checker, and tests it. */
export async function tryMutations(): Promise<TriedMutation[]> {
  const directory = await mkdtemp(join(tmpdir(), 'checker-mutants-'));
  try {
    await writeFile(join(directory, 'package.json'), '{"type": "module"}');
    const unbroken = await findFlawIn(join(directory, 'unbroken'));
    if (unbroken !== undefined) throw new Error(`the checker is wrong without a mutation: ${unbroken}`);
    const tried: TriedMutation[] = [];
    for (const [index, mutation] of mutations.entries()) {
      tried.push({ mutation, flaw: await findFlawIn(join(directory, String(index)), mutation) });
    }
    return tried;
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Tests a copy of the checker, with the mutation if given. */
async function findFlawIn(copy: string, mutation?: Mutation): Promise<string | undefined> {
  const isProgram = (path: string) => !path.includes('histories') && !path.endsWith('.test.ts');
  await cp(fileURLToPath(new URL('..', import.meta.url)), copy, { recursive: true, filter: isProgram });
  if (mutation) await mutate(join(copy, `${mutation.file}.ts`), mutation);
  const { checkLinearizability } = await import(pathToFileURL(join(copy, 'linearizability.ts')).href);
  return findFlaw(checkLinearizability);
}

/** Runs the tests of linearizability.test.ts, with fewer random histories. @returns what they find wrong with a checker. */
function findFlaw(check: typeof checkLinearizability): string | undefined {
  try {
    for (const { name, history } of readHistoryFixtures()) {
      const wrong = disagreementOn(history, check) ?? disagreementOn([...history].reverse(), check);
      if (wrong !== undefined) return `"${name}": ${wrong}`;
    }
    const { disagreement } = compareWithSearch(check, seeded(1), 1000);
    if (disagreement) return `a random history: ${disagreement.what}`;
    const long = randomHistory(seeded(3), { operations: 20_000, spreadMs: 300, unknownOneIn: 10 });
    return check(long).linearizable ? undefined : 'a long history: linearizable by construction, but rejected';
  } catch (error) {
    return `it throws: ${error instanceof Error ? error.message : error}`;
  }
}

/** @throws when the text to replace does not occur exactly once: then the mutation must follow a change of the checker. */
async function mutate(path: string, { what, from, to }: Mutation): Promise<void> {
  const source = await readFile(path, 'utf8');
  const parts = source.split(from);
  if (parts.length !== 2) throw new Error(`"${what}": ${JSON.stringify(from)} occurs ${parts.length - 1} times`);
  await writeFile(path, parts.join(to));
}
