import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type Browser, type ConnectOverCDPTransport, chromium } from 'playwright-core';
import { findPrograms } from '../../stack/install/programs.ts';
import type { Keeper } from '../../stack/processes/keeper.ts';
import { type ServerProcess, startServer } from '../../stack/servers/server-process.ts';

/** A headless browser for one client, because a second one would see the first one's pages. */
export interface Chromium extends ServerProcess {
  readonly browser: Browser;
}

/**
 * Flags against everything that no test asks for: no calls home, no first-run page, no throttling of hidden pages, and the
 * same colours and widths everywhere. https://github.com/GoogleChrome/chrome-launcher/blob/main/docs/chrome-flags-for-tools.md
 */
const quietSwitches = [
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-back-forward-cache', // a cached page would keep its connections, of which there are six per host
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
  '--js-flags=--no-opt --no-maglev', // a page is gone before they pay off: they took a quarter of the page tests' processor time
];

const connectWithinMs = 100_000;

/**
 * Starts a headless Chromium or Chrome with its own profile in the keeper's directory, and waits until it accepts commands.
 * It ends with the keeper, like the servers of a stack.
 *
 * @param program its absolute path, see {@link findPrograms}
 * @throws when it does not start: the error shows the end of its log.
 */
export async function startChromium(program: string, keeper: Keeper): Promise<Chromium> {
  const name = 'chromium';
  const home = join(keeper.directory, name);
  const profile = join(home, 'profile');
  await mkdir(profile, { recursive: true });
  // With its sandbox, it refuses to start as root, as in most containers.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const own = ['--headless', '--remote-debugging-pipe', `--user-data-dir=${profile}`];

  let transport!: ConnectOverCDPTransport;
  let browser!: Browser;
  const probe = async () => {
    browser = await chromium.connectOverCDP(transport, { artifactsDir: keeper.directory, timeout: connectWithinMs });
  };
  const { PATH = '' } = process.env;
  const server = await startServer(
    {
      name,
      command: [program, ...own, ...quietSwitches, ...asRoot, 'about:blank'],
      env: { PATH, HOME: home, TMPDIR: home },
      onPipes: (commands, answers) => {
        transport = overPipes(commands, answers);
      },
      probe,
    },
    keeper,
  );
  return Object.assign(server, { browser });
}

/** A WebSocket would compress each message, for a tenth of the page tests' processor time. */
function overPipes(commands: Writable, answers: Readable): ConnectOverCDPTransport {
  const transport: ConnectOverCDPTransport = {
    send: (message) => void commands.write(`${JSON.stringify(message)}\0`),
    close: () => void commands.end(), // which ends the browser
  };
  commands.on('error', () => {}); // it has ended
  let begun = '';
  answers.setEncoding('utf8').on('data', (text: string) => {
    const messages = (begun + text).split('\0');
    begun = messages.pop() ?? '';
    for (const message of messages) setImmediate(() => transport.onmessage?.(JSON.parse(message)));
  });
  answers.once('close', () => transport.onclose?.());
  return transport;
}

/** Starts a browser that ends with the keeper. */
export async function openBrowser(keeper: Keeper): Promise<Browser> {
  return (await startChromium(findPrograms().chromium ?? 'chromium', keeper)).browser;
}
