import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildPage } from './page.ts';
import { repositoryRoot } from './repository.ts';

/** A repository of its own, with a page of a few words. */
let root: string;
let said: string[];
const say = (message: string) => said.push(message);
const source = (name: string) => join(root, 'app/web/page', name);
const dist = (name = '') => join(root, 'app/web/dist', name);

beforeEach(async () => {
  said = [];
  root = await mkdtemp(join(tmpdir(), 'page-build-'));
  await mkdir(source(''), { recursive: true });
  await mkdir(join(root, 'app/lock-modes'));
  await symlink(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'));
  for (const shared of [
    'package.json',
    'package-lock.json',
    'app/lock-modes/lock-mode.ts',
    'app/web/page/vite.config.ts',
  ])
    await cp(join(repositoryRoot, shared), join(root, shared));
  await writeFile(source('index.html'), '<!doctype html><script type="module" src="./main.ts"></script>');
  await writeFile(source('main.ts'), 'document.title = "first";');
  await sleep(2); // a source of the millisecond in which a build begins counts as newer
});
afterEach(() => rm(root, { recursive: true }));

/** The scripts that the built page names, and all that there are. */
async function scripts(): Promise<{ named: string[]; all: string[] }> {
  const html = await readFile(dist('index.html'), 'utf8');
  return {
    named: [...html.matchAll(/assets\/([\w.-]+\.js)/g)].map(([, name = '']) => name),
    all: await readdir(dist('assets')),
  };
}

test('a page that is missing is built, and one that is newer than its sources is left as it is', async () => {
  await buildPage(say, root);
  expect(said).toEqual(['building the page']);
  const { named, all } = await scripts();
  expect(all).toEqual(named);
  await buildPage(say, root);
  expect(said).toHaveLength(1);
});

test('a page that is older than a source is built again, and leaves nothing of the old one', async () => {
  await buildPage(say, root);
  const before = await scripts();
  await writeFile(source('main.ts'), 'document.title = "second";');
  const soon = new Date(Date.now() + 1000); // some file systems count in seconds
  await utimes(source('main.ts'), soon, soon);
  await buildPage(say, root);
  expect(said).toHaveLength(2);
  const { named, all } = await scripts();
  expect(named).not.toEqual(before.named);
  expect(all).toEqual(named);
});

test('two who build it at once both leave a whole page, and nothing else', async () => {
  await Promise.all([buildPage(say, root), buildPage(say, root)]);
  expect(said).toEqual(['building the page', 'building the page']);
  const { named, all } = await scripts();
  expect(all).toEqual(named);
  expect((await readdir(join(root, 'app/web'))).sort()).toEqual(['dist', 'page']);
});

test('a page that cannot be built is no reason not to start: it says why, and the old one stays', async () => {
  await buildPage(say, root);
  const before = await scripts();
  await writeFile(source('main.ts'), 'this is not TypeScript');
  const soon = new Date(Date.now() + 1000);
  await utimes(source('main.ts'), soon, soon);
  await buildPage(say, root);
  expect(said.at(-1)).toMatch(/could not be built.*npm run build:page has failed.*main\.ts/s);
  expect(await scripts()).toEqual(before);
  expect((await readdir(join(root, 'app/web'))).sort()).toEqual(['dist', 'page']);
});
