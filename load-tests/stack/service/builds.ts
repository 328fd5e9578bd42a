import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runCommand } from '../processes/run-command.ts';
import { repositoryRoot } from '../repository.ts';
import { lastLines } from '../servers/log.ts';
import { buildOnce } from './build-once.ts';

const buildTimeoutMs = 120_000;

/** The program of an instance, relative to the repository's root: see app/vite.config.ts. */
export const serviceProgram = 'dist/app/main.js';

/** Entries of `app` that are no part of the service. The page is built separately. */
const otherEntries = ['Dockerfile', 'testing', 'web'];

/**
 * Builds the service as its image does, if it is missing or older than its sources: see {@link buildOnce}. Types are not
 * checked; `npm test` does that.
 *
 * @param say called before a build.
 * @throws an error with the last lines of Vite's output, if the build fails.
 */
export async function buildService(say: (message: string) => void, root = repositoryRoot): Promise<void> {
  const parts = (await readdir(join(root, 'app'))).filter(
    (name) => !otherEntries.includes(name) && !name.endsWith('.test.ts'),
  );
  const sources = [...parts.map((name) => join('app', name)), 'app/web/routes.ts', 'migrations', 'package-lock.json'];
  const directory = join(root, 'dist');
  const mark = 'app/main.js';
  await buildOnce({
    sources: sources.map((source) => join(root, source)),
    directory,
    mark,
    ownPath: join(directory, 'service-'),
    onStart: () => say('building the service'),
    build: (own) => build(root, 'build:service', 'app', own),
    moveOver: (own) => moveOver(own, directory, mark),
  });
}

/** The page's own sources, the one that it shares with the instances, and the packages. */
const pageSources = ['app/web/page', 'app/lock-modes/registry.ts', 'package-lock.json'];

/**
 * Builds the page that the instances serve, if it is missing or older than its sources: see {@link buildOnce}. A page that
 * a browser is loading stays complete.
 *
 * @param say called before a build, and with the reason if it fails: only `GET /` needs the page, and says so too.
 */
export async function buildPage(say: (message: string) => void, root = repositoryRoot): Promise<void> {
  const directory = join(root, 'dist/page');
  const mark = 'index.html';
  try {
    await buildOnce({
      sources: pageSources.map((source) => join(root, source)),
      directory,
      mark,
      ownPath: `${directory}-`,
      onStart: () => say('building the page'),
      build: (own) => build(root, 'build:page', 'app/web/page', own),
      async moveOver(own) {
        const assets = await readdir(join(own, 'assets'));
        await moveOver(own, directory, mark);
        for (const name of await readdir(join(directory, 'assets'))) {
          if (!assets.includes(name)) await rm(join(directory, 'assets', name), { force: true });
        }
      },
    });
  } catch (error) {
    say(`The page could not be built, so that GET / says only that: ${error instanceof Error ? error.message : error}`);
  }
}

/** Builds like the npm script, into `outDir`. */
async function build(root: string, script: string, project: string, outDir: string): Promise<void> {
  const vite = [process.execPath, join(root, 'node_modules/vite/bin/vite.js'), 'build', join(root, project)];
  // The tests run with NODE_ENV=test, for which Vite builds for development: larger, with the place of each element.
  const env = { ...process.env, NODE_ENV: 'production' };
  const { succeeded, output } = await runCommand([...vite, '--outDir', outDir], { timeoutMs: buildTimeoutMs, env });
  if (!succeeded) throw new Error(`npm run ${script} failed. Its last lines:\n${lastLines(output)}`);
}

/** Moves all files, the mark last. */
async function moveOver(from: string, to: string, mark: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const last = join(from, mark);
  for (const file of [...files.filter((file) => file !== last), last]) {
    const target = join(to, file.slice(from.length));
    await mkdir(dirname(target), { recursive: true });
    await rename(file, target);
  }
}
