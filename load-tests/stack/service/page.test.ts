import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { repositoryRoot } from '../repository.ts';
import { age } from './age.ts';
import { buildPage } from './builds.ts';

const sources = ['app/web/page', 'app/lock-modes', 'package-lock.json'];
/** A repository with a page of a few words, which was built once. */
let built: string;
/** A copy of it, of a test's own. */
let root: string;
let said: string[];
const say = (message: string) => said.push(message);
const source = (name: string, of = root) => join(of, 'app/web/page', name);
const dist = (name = '') => join(root, 'dist/page', name);

beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'page-build-'));
  await mkdir(source('', built), { recursive: true });
  await mkdir(join(built, 'app/lock-modes'));
  await symlink(join(repositoryRoot, 'node_modules'), join(built, 'node_modules'));
  for (const shared of [
    'package.json',
    'package-lock.json',
    'app/lock-modes/registry.ts',
    'app/web/page/vite.config.ts',
  ])
    await cp(join(repositoryRoot, shared), join(built, shared));
  await writeFile(source('index.html', built), '<!doctype html><script type="module" src="./main.ts"></script>');
  await writeFile(source('main.ts', built), 'document.title = import.meta.env.PROD ? "first" : "for development";');
  await age(built, sources);
  said = [];
  await buildPage(say, built);
  expect(said).toEqual(['building the page']);
});
beforeEach(async () => {
  said = [];
  root = await mkdtemp(join(tmpdir(), 'page-build-'));
  await cp(built, root, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  await age(root, sources); // timestamps of directories are not preserved
});
afterEach(() => rm(root, { recursive: true }));
afterAll(() => rm(built, { recursive: true }));

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
  await buildPage(say, root);
  expect(said).toEqual([]);
});

test('a page that is older than a source is built again, also by two at once, and leaves nothing of the old one', async () => {
  const before = await scripts();
  await writeFile(source('main.ts'), 'document.title = "second";');
  const soon = new Date(Date.now() + 1000); // some file systems count in seconds
  await utimes(source('main.ts'), soon, soon);
  await Promise.all([buildPage(say, root), buildPage(say, root)]);
  expect(said).toEqual(['building the page', 'building the page']);
  const { named, all } = await scripts();
  expect(named).not.toEqual(before.named);
  expect(all).toEqual(named);
  expect(await readdir(join(root, 'dist'))).toEqual(['page']);
});

test('a page that cannot be built is no reason not to start: it says why, and the old one stays', async () => {
  const before = await scripts();
  await writeFile(source('main.ts'), 'this is not TypeScript');
  const soon = new Date(Date.now() + 1000);
  await utimes(source('main.ts'), soon, soon);
  await buildPage(say, root);
  expect(said.at(-1)).toMatch(/could not be built.*npm run build:page failed.*main\.ts/s);
  expect(await scripts()).toEqual(before);
  expect(await readdir(join(root, 'dist'))).toEqual(['page']);
});
