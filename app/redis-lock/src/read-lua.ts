import { readFileSync } from 'node:fs';

/** @returns the text of a file in `../lua`. A build replaces this module by the texts: see ../embed-lua.ts. */
export function readLua(file: string): string {
  return readFileSync(new URL(`../lua/${file}`, import.meta.url), 'utf8');
}
