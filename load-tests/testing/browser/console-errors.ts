import type { ConsoleMessage, Page, Request } from 'playwright-core';

/** Errors of a page that its visitors would find in the console. */
export interface Complaints {
  /** In order of time, without the expected ones. */
  readonly all: readonly string[];
  /** Ignores matching errors, past ones included. */
  expect(pattern: RegExp): void;
}

/**
 * Records a page's errors: those in its console, where a browser also reports violations of the Content-Security-Policy and
 * answers with 4xx or 5xx; uncaught exceptions; and failed requests.
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
