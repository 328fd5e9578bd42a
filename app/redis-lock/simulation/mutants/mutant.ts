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

export function mutantsOf(file: string, list: readonly Omit<Mutant, 'file'>[]): Mutant[] {
  return list.map((mutant) => ({ file, ...mutant }));
}

/** @throws when the text is not there exactly once: the lock has changed, and the mutant has to follow. */
export function mutate(source: string, { name, file, find, replace }: Mutant): string {
  const count = source.split(find).length - 1;
  if (count !== 1) throw new Error(`mutant "${name}": its text occurs ${count} times in ${file}, not once:\n${find}`);
  return source.replace(find, () => replace);
}
