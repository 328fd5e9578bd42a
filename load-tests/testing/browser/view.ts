import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type Complaints, listenForComplaints } from './console-errors.ts';

/** How the page is viewed. */
export interface Look {
  /** 1280 x 800 with a mouse, or 360 x 740 by touch. */
  readonly on?: 'desktop' | 'phone';
  readonly theme?: 'light' | 'dark';
  /** Whether the system prefers reduced motion. */
  readonly motion?: 'no-preference' | 'reduce';
  /** `led`: `page.clock` can advance the time and the timers of the page's scripts; until then they run normally. */
  readonly clock?: 'real' | 'led';
}

/** One visitor's page. It shares only the browser's cache with other visitors. */
export interface View extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly complaints: Complaints;
}

/** Time limit for anything on the page; only a hang reaches it. */
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

/** Opens views, and reuses their pages from test to test. */
export interface ViewPool {
  take(look?: Look): Promise<View>;
  /** Resets the page for the next test. */
  giveBack(view: View, look: Look | undefined): Promise<void>;
}

/** @returns a page of the same origin, answered by a route only. What has visited no server gets the site of all servers. */
const neutral = (url: string) => new URL('/nothing', url.startsWith('http') ? url : 'http://127.0.0.1').href;
const nothing = { contentType: 'text/html', body: '<!doctype html><link rel="icon" href="data:,">' };

/**
 * A new page costs about 1.5 s of processor time, mostly for a new process and the compilation of the scripts. A page that
 * navigates within one site keeps its process, and costs 0.3 s.
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
      const empty = neutral(page.url());
      await page.route(empty, (route) => route.fulfill(nothing));
      await page.goto(empty);
      await page.unroute(empty);
      await page.evaluate('sessionStorage.clear()'); // here, where no script writes to it any more
      idleFor(look).push(page);
    },
  };
}

async function beginView(page: Page, { on = 'desktop', theme = 'light', motion = 'no-preference' }: Look = {}) {
  const context = page.context();
  await page.setViewportSize(devices[on].viewport);
  await page.emulateMedia({ media: 'screen', colorScheme: theme, reducedMotion: motion });
  return { page, context, complaints: listenForComplaints(page), [Symbol.asyncDispose]: () => context.close() };
}
