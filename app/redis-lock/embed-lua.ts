import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** Puts the Lua scripts into the bundle: no file to be found at run time, whatever bundles it again. */
export const embedLua: Plugin = {
  name: 'embed-lua',
  load(id) {
    if (!id.endsWith('/redis-lock/src/read-lua.ts')) return undefined;
    const directory = join(import.meta.dirname, 'lua');
    const texts = readdirSync(directory).map((file) => [file, readFileSync(join(directory, file), 'utf8')]);
    return `const texts = ${JSON.stringify(Object.fromEntries(texts))};\nexport const readLua = (file) => texts[file];`;
  },
};
