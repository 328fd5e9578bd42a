import { readFileSync } from 'node:fs';
import { toError } from '../thrown.ts';

/** A variable that cannot be used, and why. */
export interface Problem {
  readonly variable: string;
  readonly message: string;
}

/**
 * Secrets as Docker and Kubernetes hand them over: `NAME_FILE` is the path of a file with the value of `NAME`
 * (https://docs.docker.com/compose/how-tos/use-secrets/). The end of its last line is not part of the value. An empty
 * variable counts as not set, because Compose passes on `LOCK_MODE: ${LOCK_MODE:-}`. One of spaces is a mistake: as a number it
 * would be 0.
 *
 * @param names all variables that there are.
 */
export function readValues(
  env: NodeJS.ProcessEnv,
  names: readonly string[],
): { values: Record<string, string>; problems: Problem[] } {
  const values: Record<string, string> = {};
  const problems: Problem[] = [];
  for (const name of names) {
    const own = env[name];
    const variable = `${name}_FILE`;
    const file = env[variable];
    if (own) values[name] = own;
    if (own?.trim() === '' && own !== '') problems.push({ variable: name, message: 'has only spaces' });
    if (!file) continue;
    if (own) problems.push({ variable, message: `is set, and ${name}, too: leave one of them out` });
    else {
      try {
        values[name] = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
        if (values[name].trim() === '') problems.push({ variable, message: 'is the path of an empty file' });
      } catch (error) {
        // Not the message, which has the path: it may be the secret itself.
        const { code = 'unreadable' } = toError(error) as NodeJS.ErrnoException;
        problems.push({ variable, message: `must be the path of a file with ${name}: ${code}` });
      }
    }
  }
  return { values, problems };
}
