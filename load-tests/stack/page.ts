import { mkdir, mkdtemp, readdir, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { isNewerThan } from './is-newer-than.ts';
import { lastLines } from './log.ts';
import { repositoryRoot } from './repository.ts';
import { runCommand } from './run-command.ts';

const buildTimeoutMs = 120_000;

/** What the page is built from: its own sources, what it shares with the instances, and the packages. */
const sources = ['app/web/page', 'app/lock-modes/lock-mode.ts', 'package-lock.json'];

/**
 * Builds the page that the instances serve, where it is missing or older than its sources. Several may do so at once: each
 * builds in a directory of its own, and moves the files over one by one, `index.html` last; a page that a browser is just
 * loading stays whole.
 *
 * @param say is told what is done, and why the page could not be built: `GET /` says so too, and the rest of the service
 *   does not need it.
 */
export async function buildPage(say: (message: string) => void, root = repositoryRoot): Promise<void> {
  const dist = join(root, 'app/web/dist');
  const startedAt = new Date();
  try {
    if (
      await isNewerThan(
        sources.map((source) => join(root, source)),
        join(dist, 'index.html'),
      )
    )
      return;
    say('building the page');
    // Beside its destination: a file can be moved at once only within one file system.
    const own = await mkdtemp(join(root, 'app/web/dist-'));
    try {
      await build(root, own);
      await utimes(join(own, 'index.html'), startedAt, startedAt); // what was changed meanwhile is newer
      await moveOver(own, dist);
    } finally {
      await rm(own, { recursive: true, force: true });
    }
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
