/** One mistake that the lock could have, as one replacement in one of its files. */
export interface Mutant {
  /** What is wrong then. */
  readonly name: string;
  /** In app/redis-lock. */
  readonly file: string;
  /** Occurs once in that file. */
  readonly find: string;
  readonly replace: string;
  /** Why no promise can be broken by it: it changes speed or traffic, or nothing. */
  readonly equivalent?: string;
}

/** @param table the mutants of one file, by name. */
export function mutantsOf(
  file: string,
  table: Readonly<Record<string, readonly [find: string, replace: string, equivalent?: string]>>,
): Mutant[] {
  return Object.entries(table).map(([name, [find, replace, equivalent]]) => ({
    ...{ name, file, find, replace },
    ...(equivalent !== undefined && { equivalent }),
  }));
}

/** @throws when the text is not there exactly once: the lock has changed, and the mutant has to follow. */
export function mutate(source: string, { name, file, find, replace }: Mutant): string {
  const count = source.split(find).length - 1;
  if (count !== 1) throw new Error(`mutant "${name}": its text occurs ${count} times in ${file}, not once:\n${find}`);
  return source.replace(find, () => replace);
}
