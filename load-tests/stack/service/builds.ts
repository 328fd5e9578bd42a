import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runCommand } from '../processes/run-command.ts';
import { repositoryRoot } from '../repository.ts';
import { lastLines } from '../servers/log.ts';
import { buildOnce } from './build-once.ts';

const buildTimeoutMs = 120_000;

/** An instance, from the repository's root: see app/vite.config.ts. */
export const serviceProgram = 'dist/app/main.js';

/** What lies in `app` and is no part of the service. The page is built by itself. */
const otherThings = ['Dockerfile', 'testing', 'web'];

/**
 * Builds the service as its image does, where that is missing or older than its sources: see {@link buildOnce}. Types are
 * not checked, which `npm test` does.
 *
 * @param say called with what is done.
 * @throws when it cannot be built, with the end of what Vite has said.
 */
export async function buildService(say: (message: string) => void, root = repositoryRoot): Promise<void> {
  const parts = (await readdir(join(root, 'app'))).filter(
    (name) => !otherThings.includes(name) && !name.endsWith('.test.ts'),
  );
  const sources = [...parts.map((name) => join('app', name)), 'app/web/routes.ts', 'migrations', 'package-lock.json'];
  const directory = join(root, 'dist');
  const mark = 'app/main.js';
  await buildOnce({
    sources: sources.map((source) => join(root, source)),
    directory,
    mark,
    ownPath: join(directory, 'service-'),
    begins: () => say('building the service'),
    build: (own) => build(root, 'build:service', 'app', own),
    moveOver: (own) => moveOver(own, directory, mark),
  });
}

/** What the page is built from: its own sources, what it shares with the instances, and the packages. */
const pageSources = ['app/web/page', 'app/lock-modes/registry.ts', 'package-lock.json'];

/**
 * Builds the page that the instances serve, where it is missing or older than its sources: see {@link buildOnce}. A page
 * that a browser is just loading stays whole.
 *
 * @param say called with what is done, and why the page could not be built: `GET /` says so too, and the rest of the service
 *   does not need it.
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
      begins: () => say('building the page'),
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

/** Does what the npm script does, into that directory. */
async function build(root: string, script: string, project: string, outDir: string): Promise<void> {
  const vite = [process.execPath, join(root, 'node_modules/vite/bin/vite.js'), 'build', join(root, project)];
  const { succeeded, output } = await runCommand([...vite, '--outDir', outDir], { timeoutMs: buildTimeoutMs });
  if (!succeeded) throw new Error(`npm run ${script} has failed. Its last lines:\n${lastLines(output)}`);
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
