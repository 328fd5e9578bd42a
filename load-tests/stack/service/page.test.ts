import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { buildPage } from './builds.ts';
import { builtRepository } from './built-repository.ts';

/** With a page of a few words. */
const { path, build, change, said } = builtRepository('page', {
  files: {
    'app/web/page/index.html': '<!doctype html><script type="module" src="./main.ts"></script>',
    'app/web/page/main.ts': 'document.title = import.meta.env.PROD ? "first" : "for development";',
  },
  copied: ['package.json', 'package-lock.json', 'app/lock-modes/registry.ts', 'app/web/page/vite.config.ts'],
  sources: ['app/web/page', 'app/lock-modes', 'package-lock.json'],
  build: buildPage,
});
const dist = (name = '') => path('dist/page', name);

/** The scripts that the built page names, and all that there are. */
async function scripts(): Promise<{ named: string[]; all: string[] }> {
  const html = await readFile(dist('index.html'), 'utf8');
  return {
    named: [...html.matchAll(/assets\/([\w.-]+\.js)/g)].map(([, name = '']) => name),
    all: await readdir(dist('assets')),
  };
}

test('a page that was missing is whole, and one that is newer than its sources is left as it is', async () => {
  const { named, all } = await scripts();
  expect(all).toEqual(named);
  expect(named).toHaveLength(1);
  expect(await readFile(dist(`assets/${named[0]}`), 'utf8')).toBe('document.title=`first`;');
  await build();
  expect(said).toEqual([]);
});

test('a page that is older than a source is built again, also by two at once, and leaves nothing of the old one', async () => {
  const before = await scripts();
  await change('app/web/page/main.ts', 'document.title = "second";');
  await Promise.all([build(), build()]);
  expect(said).toEqual(['building the page', 'building the page']);
  const { named, all } = await scripts();
  expect(named).not.toEqual(before.named);
  expect(all).toEqual(named);
  expect(await readdir(path('dist'))).toEqual(['page']);
});

test('a page that cannot be built is no reason not to start: it says why, and the old one stays', async () => {
  const before = await scripts();
  await change('app/web/page/main.ts', 'this is not TypeScript');
  await build();
  expect(said.at(-1)).toMatch(/could not be built.*npm run build:page failed.*main\.ts/s);
  expect(await scripts()).toEqual(before);
  expect(await readdir(path('dist'))).toEqual(['page']);
});
