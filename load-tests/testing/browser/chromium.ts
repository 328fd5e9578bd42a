import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { findPrograms } from '../../stack/install/programs.ts';
import type { Keeper } from '../../stack/processes/keeper.ts';
import { type ServerProcess, startServer } from '../../stack/servers/server-process.ts';

/** A headless browser for one client: a second one would see the pages of the first. */
export interface Chromium extends ServerProcess {
  /** Where it speaks the DevTools protocol: for playwright's `connectOverCDP`. */
  readonly endpoint: string;
}

/**
 * What makes a browser do nothing that it was not asked for: no calls home, no first-run page, no slowing down of pages
 * that are not shown, the same colours and widths everywhere. https://github.com/GoogleChrome/chrome-launcher/blob/main/docs/chrome-flags-for-tools.md
 */
const quietSwitches = [
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-back-forward-cache', // a page that was left would keep its connections, and there are six to a host
  '--disable-extensions',
  '--disable-sync',
  '--disable-breakpad',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--disable-gpu',
  '--disable-dev-shm-usage', // a container's /dev/shm is too small for it
  '--password-store=basic',
  '--use-mock-keychain',
  '--force-color-profile=srgb',
  '--hide-scrollbars',
];

/**
 * Starts a headless Chromium or Chrome with a profile of its own, in the keeper's directory, and waits until it can be
 * driven. It goes with the keeper, like the servers of a stack: nothing of it outlives this process.
 *
 * @param program its absolute path, see {@link findPrograms}
 * @throws when it does not start: the error shows the end of its log.
 */
export async function startChromium(program: string, keeper: Keeper): Promise<Chromium> {
  const name = 'chromium';
  const home = join(keeper.directory, name);
  const profile = join(home, 'profile');
  await mkdir(profile, { recursive: true });
  // Its sandbox is made for users: it refuses to start as root, who is for that matter in a container most often.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const own = ['--headless', '--remote-debugging-port=0', `--user-data-dir=${profile}`];

  let endpoint = '';
  const probe = async () => {
    // Chromium writes it when it listens: the port that it got, and the path.
    const [port, path] = (await readFile(join(profile, 'DevToolsActivePort'), 'utf8')).split('\n');
    if (!port || !path) throw new Error('not yet');
    endpoint = `ws://127.0.0.1:${port}${path}`;
  };
  const { PATH = '' } = process.env;
  const server = await startServer(
    {
      name,
      command: [program, ...own, ...quietSwitches, ...asRoot, 'about:blank'],
      env: { PATH, HOME: home, TMPDIR: home },
      probe,
    },
    keeper,
  );
  return Object.assign(server, { endpoint });
}

const connectWithinMs = 15_000;

/** Starts a browser of the keeper's and connects to it. What is downloaded goes with the keeper. */
export async function openBrowser(keeper: Keeper): Promise<Browser> {
  const { endpoint } = await startChromium(findPrograms().chromium ?? 'chromium', keeper);
  return chromium.connectOverCDP(endpoint, {
    artifactsDir: keeper.directory,
    isLocal: true,
    timeout: connectWithinMs,
  });
}
