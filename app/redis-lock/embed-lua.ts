import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** Embeds the Lua scripts in the bundle: no file is read at run time, also if the bundle is bundled again. */
export const embedLua: Plugin = {
  name: 'embed-lua',
  load(id) {
    if (id !== join(import.meta.dirname, 'src/read-lua.ts')) return undefined;
    const directory = join(import.meta.dirname, 'lua');
    const texts = readdirSync(directory).map((file) => [file, readFileSync(join(directory, file), 'utf8')]);
    return `const texts = ${JSON.stringify(Object.fromEntries(texts))};\nexport const readLua = (file) => texts[file];`;
  },
};
