import Table from 'cli-table3';
import type { Browser, Page } from 'playwright-core';
import { z } from 'zod';
import { until } from '../../app/testing/until.ts';
import { median } from '../bench/statistics.ts';
import { startDiagramSite } from '../page/driver/diagram-site.ts';
import { installServers } from '../stack/install/install-servers.ts';
import { startKeeper } from '../stack/processes/keeper.ts';
import { openBrowser } from '../testing/browser/chromium.ts';
import { openView } from '../testing/browser/view.ts';
import { exitCodeOf } from './cli/exit-code.ts';
import { commandLine, whole } from './cli/options.ts';

/**
 * `npm run bench:page`: how much processor time the page's main thread takes at a time while the picture of a pay storm is
 * drawn event by event, replayed and zoomed. A task of more than 50 ms is felt (https://web.dev/articles/optimize-long-tasks).
 */
const { pays, rounds } = commandLine('npm run bench:page --')
  .description('Measures how long the page keeps its main thread busy at a time, while it draws a pay storm.')
  .option('--pays <n>', 'pays of the storm, of six events each', whole(1, 200), 34)
  .option('--rounds <n>', 'rounds', whole(1, 100), 5)
  .parse()
  .opts<{ pays: number; rounds: number }>();
const longMs = 50;
const withinMs = 300_000;

type Scene = (page: Page, address: string) => Promise<void>;
// Found by CSS: to find them by their roles would keep the main thread busy.
const replay = (page: Page) => page.locator('.diagram-replay button');
const scenes: Readonly<Record<string, Scene>> = {
  'drawn event by event': async (page, address) => {
    await page.goto(address);
    const count = () => page.evaluate('document.querySelectorAll("[role=option]").length');
    await until('all is drawn', async () => (await count()) === pays * 6, { withinMs, everyMs: 200 });
  },
  replayed: async (page) => {
    await replay(page).click();
    const isOver = async () => (await replay(page).textContent()) === 'Replay';
    await until('the replay is over', isOver, { withinMs, everyMs: 200 });
  },
  'zoomed in and out': async (page) => {
    for (const name of ['Zoom in', 'Zoom out']) {
      for (let press = 0; press < 5; press++) await page.locator(`[aria-label="${name}"]`).click();
    }
  },
};

const traceSchema = z.object({
  traceEvents: z.array(
    z.object({
      name: z.string(),
      pid: z.int(),
      tid: z.int(),
      tdur: z.number().optional(),
      args: z.looseObject({}).optional(),
    }),
  ),
});

/** @returns the processor time of each task of the main thread while `scene` is played, in ms. */
async function taskLengths(browser: Browser, page: Page, scene: () => Promise<void>): Promise<number[]> {
  await browser.startTracing(page, { categories: ['toplevel'] });
  await scene();
  const { traceEvents } = traceSchema.parse(JSON.parse(String(await browser.stopTracing())));
  const isMain = ({ name, args }: (typeof traceEvents)[number]) =>
    name === 'thread_name' && args?.name === 'CrRendererMain';
  const mains = new Set(traceEvents.filter(isMain).map(({ pid, tid }) => `${pid} ${tid}`));
  return traceEvents.flatMap(({ name, pid, tid, tdur }) =>
    name.endsWith('RunTask') && tdur !== undefined && mains.has(`${pid} ${tid}`) ? tdur / 1000 : [],
  );
}

async function main(): Promise<number> {
  await installServers(console.log, { wanted: ['chromium'] });
  await using site = await startDiagramSite();
  const keeper = await startKeeper();
  const longest = new Map(Object.keys(scenes).map((name) => [name, [] as number[]]));
  try {
    const browser = await openBrowser(keeper);
    for (let round = 1; round <= rounds; round++) {
      await using view = await openView(browser);
      const { page } = view;
      const address = `${site.at('payStorm', 'time')}&pays=${pays}&grows`;
      for (const [name, scene] of Object.entries(scenes)) {
        const lengths = await taskLengths(browser, page, () => scene(page, address));
        longest.get(name)?.push(Math.max(...lengths));
        const tooLong = lengths.filter((ms) => ms > longMs).length;
        console.log(`round ${round}, ${name}: ${lengths.length} tasks, ${tooLong} of more than ${longMs} ms`);
      }
    }
    await browser.close();
  } finally {
    await keeper.end();
  }
  const table = new Table({
    head: ['longest task, ms', 'median', 'lowest', 'highest'],
    style: { head: [], border: [] },
  });
  for (const [name, values] of longest) {
    table.push([name, ...[median(values), Math.min(...values), Math.max(...values)].map((ms) => ms.toFixed(1))]);
  }
  console.log(`\nA storm of ${pays * 6} events, ${rounds} rounds\n${table}`);
  return 0;
}

process.exitCode = await exitCodeOf(main);
