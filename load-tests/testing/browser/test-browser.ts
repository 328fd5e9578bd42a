import { type Browser, chromium } from 'playwright-core';
import { inject } from 'vitest';

interface TestBrowser {
  /** Where it can be driven from. */
  readonly endpoint: string;
  /** For what is downloaded; goes with the browser. */
  readonly directory: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** One for each worker. */
    browsers: readonly TestBrowser[];
  }
}

const connectWithinMs = 15_000;

/** Connects to the browser of this worker. The caller closes the connection, and leaves the browser to the next test file. */
export function connectToTestBrowser(): Promise<Browser> {
  const browser = inject('browsers')[Number(process.env.VITEST_POOL_ID) - 1];
  if (!browser) throw new Error(`there is no browser for the worker ${process.env.VITEST_POOL_ID}`);
  const { endpoint, directory } = browser;
  return chromium.connectOverCDP(endpoint, { artifactsDir: directory, isLocal: true, timeout: connectWithinMs });
}
