import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { findFlaw } from './find-flaw.ts';
import { type Mutation, mutations } from './mutations.ts';

/** What noticed that the checker was broken, if anything did. */
export interface TriedMutation {
  readonly mutation: Mutation;
  readonly flaw: string | undefined;
}

/**
 * Breaks the checker on purpose, in one place at a time, in a copy of it. A mutation without a flaw has gone unnoticed:
 * then the tests have a hole.
 */
export async function tryMutations(): Promise<TriedMutation[]> {
  const directory = await mkdtemp(join(tmpdir(), 'checker-mutants-'));
  try {
    await writeFile(join(directory, 'package.json'), '{"type": "module"}');
    const unbroken = await findFlawIn(join(directory, 'unbroken'));
    if (unbroken !== undefined) throw new Error(`the checker is wrong before it is broken: ${unbroken}`);
    const tried: TriedMutation[] = [];
    for (const [index, mutation] of mutations.entries()) {
      tried.push({ mutation, flaw: await findFlawIn(join(directory, String(index)), mutation) });
    }
    return tried;
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Copies the checker, breaks the copy, and loads it. */
async function findFlawIn(copy: string, mutation?: Mutation): Promise<string | undefined> {
  const isProgram = (path: string) => !path.includes('histories') && !path.endsWith('.test.ts');
  await cp(fileURLToPath(new URL('..', import.meta.url)), copy, { recursive: true, filter: isProgram });
  if (mutation) await mutate(join(copy, `${mutation.file}.ts`), mutation);
  const { checkLinearizability } = await import(pathToFileURL(join(copy, 'linearizability.ts')).href);
  return findFlaw(checkLinearizability);
}

/** @throws when the text to replace is not there exactly once: the checker has changed, and the mutation must follow. */
async function mutate(path: string, { what, from, to }: Mutation): Promise<void> {
  const source = await readFile(path, 'utf8');
  const parts = source.split(from);
  if (parts.length !== 2) throw new Error(`"${what}": ${JSON.stringify(from)} is there ${parts.length - 1} times`);
  await writeFile(path, parts.join(to));
}
