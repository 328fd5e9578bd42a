import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../processes/run-command.ts';
import { repositoryRoot } from '../repository.ts';
import { lastLines } from '../servers/log.ts';
import { buildOnce } from './build-once.ts';

const buildTimeoutMs = 120_000;

/** What the page is built from: its own sources, what it shares with the instances, and the packages. */
const sources = ['app/web/page', 'app/lock-modes/registry.ts', 'package-lock.json'];

/**
 * Builds the page that the instances serve, where it is missing or older than its sources: see {@link buildOnce}. A page
 * that a browser is just loading stays whole.
 *
 * @param say called with what is done, and why the page could not be built: `GET /` says so too, and the rest of the service
 *   does not need it.
 */
export async function buildPage(say: (message: string) => void, root = repositoryRoot): Promise<void> {
  const dist = join(root, 'app/web/dist');
  try {
    await buildOnce({
      sources: sources.map((source) => join(root, source)),
      mark: join(dist, 'index.html'),
      ownPath: `${dist}-`,
      begins: () => say('building the page'),
      build: (own) => build(root, own),
      moveOver: (own) => moveOver(own, dist),
    });
  } catch (error) {
    say(`The page could not be built, so that GET / says only that: ${error instanceof Error ? error.message : error}`);
  }
}

async function build(root: string, outDir: string): Promise<void> {
  const vite = [process.execPath, join(root, 'node_modules/vite/bin/vite.js'), 'build', join(root, 'app/web/page')];
  const { succeeded, output } = await runCommand([...vite, '--outDir', outDir], { timeoutMs: buildTimeoutMs });
  if (!succeeded) throw new Error(`npm run build:page has failed. Its last lines:\n${lastLines(output)}`);
}

async function moveOver(from: string, to: string): Promise<void> {
  const assets = await readdir(join(from, 'assets'));
  await mkdir(join(to, 'assets'), { recursive: true });
  for (const name of assets) await rename(join(from, 'assets', name), join(to, 'assets', name));
  await rename(join(from, 'index.html'), join(to, 'index.html'));
  for (const name of await readdir(join(to, 'assets'))) {
    if (!assets.includes(name)) await rm(join(to, 'assets', name), { force: true });
  }
}
