import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type Complaints, listenForComplaints } from './console-errors.ts';

/** How the page is viewed. */
export interface Look {
  /** 1280 x 800 with a mouse, or 360 x 740 by touch. */
  readonly on?: 'desktop' | 'phone';
  readonly theme?: 'light' | 'dark';
  /** Whether the system asks for less motion. */
  readonly motion?: 'no-preference' | 'reduce';
  /** `led`: timers and the time that the page's scripts read can be moved on by `page.clock`; until then they run as ever. */
  readonly clock?: 'real' | 'led';
}

/** One visitor's page, with nothing of any other visitor's but what the browser has cached. */
export interface View extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly complaints: Complaints;
}

/** How long anything on the page may take: only what hangs takes so long. */
const patienceMs = 60_000;

const devices = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
};

/** Opens an empty page. The caller closes it. */
export async function openView(browser: Browser, look: Look = {}): Promise<View> {
  const { on = 'desktop', clock = 'real' } = look;
  const context = await browser.newContext({ ...devices[on], locale: 'en-GB', timezoneId: 'UTC' });
  context.setDefaultTimeout(patienceMs);
  if (clock === 'led') await context.clock.install();
  return beginView(await context.newPage(), look);
}

/** Opens views, and has the same pages serve one test after the other. */
export interface ViewPool {
  take(look?: Look): Promise<View>;
  /** Makes of it a page that has not been anywhere, for the next test. */
  giveBack(view: View, look: Look | undefined): Promise<void>;
}

/** Of the same site as all that is visited, so that the browser keeps the page's process. Only the route answers there. */
const neutral = 'http://127.0.0.1/nothing';
const nothing = { contentType: 'text/html', body: '<!doctype html><link rel="icon" href="data:,">' };

/**
 * A new page takes the browser some 1.5 s of processor time, most of it for a new process and its first look at the scripts.
 * One that is led from one address to another keeps its process as long as it stays on one site, and takes 0.3 s.
 */
export function createViewPool(browser: Browser): ViewPool {
  const idle = new Map<string, Page[]>();
  const idleFor = ({ on = 'desktop', clock = 'real' }: Look = {}) => {
    const key = `${on}, ${clock}`;
    const pages = idle.get(key) ?? [];
    idle.set(key, pages);
    return pages;
  };
  return {
    async take(look) {
      const page = idleFor(look).pop();
      return page ? beginView(page, look) : openView(browser, look);
    },
    async giveBack({ page, context }, look) {
      page.removeAllListeners();
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await context.setOffline(false);
      if (look?.clock === 'led') await context.clock.resume();
      await page.mouse.move(0, 0);
      const session = await context.newCDPSession(page);
      await session.send('Storage.clearDataForOrigin', { origin: '*', storageTypes: 'local_storage' });
      await session.detach();
      await page.route(neutral, (route) => route.fulfill(nothing));
      await page.goto(neutral);
      await page.unroute(neutral);
      idleFor(look).push(page);
    },
  };
}

async function beginView(page: Page, { on = 'desktop', theme = 'light', motion = 'no-preference' }: Look = {}) {
  const context = page.context();
  await page.setViewportSize(devices[on].viewport);
  await page.emulateMedia({ colorScheme: theme, reducedMotion: motion });
  return { page, context, complaints: listenForComplaints(page), [Symbol.asyncDispose]: () => context.close() };
}
