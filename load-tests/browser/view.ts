import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type Complaints, listenForComplaints } from './complaints.ts';

/** How somebody looks at the page. */
export interface Look {
  /** 1280 x 800 with a mouse, or 360 x 740 by touch. */
  readonly on?: 'desktop' | 'phone';
  readonly theme?: 'light' | 'dark';
  /** Whether the system asks for less motion. */
  readonly motion?: 'no-preference' | 'reduce';
}

/** One visitor's page, with nothing of any other visitor's: no cookies, no storage, no cache. */
export interface View extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly complaints: Complaints;
}

/** How long anything on the page may take, unless a test says otherwise. */
const patienceMs = 15_000;

const devices = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
};

/** Opens an empty page. Whoever opens it closes it. */
export async function openView(browser: Browser, look: Look = {}): Promise<View> {
  const { on = 'desktop', theme = 'light', motion = 'no-preference' } = look;
  const context = await browser.newContext({
    ...devices[on],
    colorScheme: theme,
    reducedMotion: motion,
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  context.setDefaultTimeout(patienceMs);
  const page = await context.newPage();
  return { page, context, complaints: listenForComplaints(page), [Symbol.asyncDispose]: () => context.close() };
}
