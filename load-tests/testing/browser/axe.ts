import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults, NodeResult } from 'axe-core';
import type { CDPSession, Page } from 'playwright-core';

/** WCAG 2.2 at the levels A and AA, and axe's best practices. */
const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const mostElements = 5;
const axeOptions = JSON.stringify({ runOnly: standards, resultTypes: ['violations'] });

/** A page keeps its session for several tests, and a document its world, so axe is loaded once per document. */
const sessions = new WeakMap<Page, Promise<CDPSession>>();

/**
 * Runs axe on a page in its present state.
 *
 * It runs in an isolated world, as an extension does: it sees the page's elements, the page's scripts do not see it, and the
 * page's Content-Security-Policy stays in force without applying to it.
 *
 * @returns a text per violation: the rule, the elements, and how to fix them.
 */
export async function findBarriers(page: Page): Promise<string[]> {
  const opening = sessions.get(page) ?? page.context().newCDPSession(page);
  sessions.set(page, opening);
  const session = await opening;
  const { frameTree } = await session.send('Page.getFrameTree');
  const { executionContextId: contextId } = await session.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
    worldName: 'axe',
  });
  if ((await evaluate(session, contextId, 'typeof axe')) === 'undefined') {
    await evaluate(session, contextId, await readFile(axePath, 'utf8'));
  }
  const { violations } = (await evaluate(session, contextId, `axe.run(document, ${axeOptions})`)) as AxeResults;
  return violations.map(({ id, impact, help, nodes }) => {
    const shown = nodes.slice(0, mostElements).map(describeElement);
    const more = nodes.length - shown.length;
    return [`${id} (${impact}): ${help}`, ...shown, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n');
  });
}

/** The build for browsers: half as large as the one for Node, and read in half the time. */
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

function describeElement({ target, html, failureSummary = '' }: NodeResult): string {
  return `  ${target.join(' ')}: ${html}\n${failureSummary.replaceAll(/^/gm, '    ')}`;
}

async function evaluate(session: CDPSession, contextId: number, expression: string): Promise<unknown> {
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression,
    contextId,
    awaitPromise: true,
    returnByValue: true,
  });
  if (exceptionDetails) throw new Error(`axe could not look: ${exceptionDetails.exception?.description}`);
  return result.value;
}
