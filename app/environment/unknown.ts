import leven from 'leven';

/** Variables that are not read, but look as if they were meant to be. */
export interface UnknownVariables {
  /** Each with the variable that it is a misspelling of. */
  readonly misspelt: ReadonlyMap<string, string>;
  /** Those that begin like several of ours, such as `LOCK_TIMEOUT`. They may be another program's. */
  readonly alike: readonly string[];
}

/**
 * A misspelt variable leaves its default in force without a word: `LOCKMODE=redis` would run unguarded.
 *
 * @param known the names of all variables.
 */
export function findUnknown(env: NodeJS.ProcessEnv, known: readonly string[]): UnknownVariables {
  const names = new Set(known.flatMap((name) => [name, `${name}_FILE`]));
  const families = familiesOf(known);
  const misspelt = new Map<string, string>();
  const alike: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!value || names.has(name)) continue;
    const meant = [...names].find((other) => isMisspelling(name, other));
    if (meant !== undefined) misspelt.set(name, meant);
    else if (families.has(name.split('_')[0] ?? '') && !isServiceLink(name, value)) alike.push(name);
  }
  return { misspelt, alike };
}

const lettersOf = (name: string) => name.replaceAll(/[^a-z\d]/gi, '').toUpperCase();

/** The more letters, the more typing errors. Of four letters, one makes `HOST` of `POST`. */
function isMisspelling(name: string, of: string): boolean {
  const [letters, wanted] = [lettersOf(name), lettersOf(of)];
  const errors = wanted.length < 5 ? 0 : wanted.length < 9 ? 1 : 2;
  return leven(letters, wanted, { maxDistance: errors + 1 }) <= errors;
}

/** @returns what several names begin with: `LOCK` of `LOCK_MODE` and `LOCK_KEY`. */
function familiesOf(names: readonly string[]): ReadonlySet<string> {
  const first = names.filter((name) => name.includes('_')).map((name) => name.split('_')[0] ?? '');
  return new Set(first.filter((family, index) => first.indexOf(family) !== index));
}

/** What Kubernetes and Docker set for a service that is named `mysql` or `redis`. */
const isServiceLink = (name: string, value: string) =>
  /_SERVICE_(HOST|PORT)|_PORT_\d+_/.test(name) || /^(tcp|udp):\/\//.test(value);
