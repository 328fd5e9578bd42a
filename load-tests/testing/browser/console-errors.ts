import type { ConsoleMessage, Page, Request } from 'playwright-core';

/** What a page did that no visitor should have to find in its console. */
export interface Complaints {
  /** In the order in which they came, without those that a test has said to expect. */
  readonly all: readonly string[];
  /** From now on, and for what has come already: complaints that match are no complaints. */
  expect(pattern: RegExp): void;
}

/**
 * Listens to a page: errors in its console, which is where a browser also says what the Content-Security-Policy has kept
 * out and which answers were 4xx or 5xx; uncaught exceptions; requests that failed.
 */
export function listenForComplaints(page: Page): Complaints {
  const heard: string[] = [];
  const expected: RegExp[] = [];

  page.on('console', (message: ConsoleMessage) => {
    if (message.type() === 'error') heard.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => heard.push(`exception: ${error.stack ?? error.message}`));
  page.on('requestfailed', (request: Request) => {
    const why = request.failure()?.errorText ?? 'failed';
    if (why !== 'net::ERR_ABORTED') heard.push(`request: ${why} (${request.url()})`); // aborted: by the page, or by leaving it
  });

  return {
    get all() {
      return heard.filter((complaint) => !expected.some((pattern) => pattern.test(complaint)));
    },
    expect: (pattern) => void expected.push(pattern),
  };
}
