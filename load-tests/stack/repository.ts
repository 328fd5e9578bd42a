import { fileURLToPath } from 'node:url';

/** The absolute path of the repository's root, with a trailing slash. */
export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url));
