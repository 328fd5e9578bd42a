import type { TestProject } from 'vitest/node';
import { installServers } from '../../stack/install/install-servers.ts';
import { findPrograms } from '../../stack/install/programs.ts';
import { startKeeper } from '../../stack/processes/keeper.ts';
import { startChromium } from './chromium.ts';
import './test-browser.ts';

/** Installs a browser where there is none, and starts one for each worker; returns what ends them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await installServers((message) => console.log(message), { wanted: ['chromium'] });
  const keeper = await startKeeper();
  try {
    console.log('starting Chromium');
    const program = findPrograms().chromium ?? 'chromium';
    const names = Array.from({ length: project.vitest.config.maxWorkers }, (_, index) => `chromium-${index + 1}`);
    const browsers = await Promise.all(names.map((name) => startChromium(program, keeper, name)));
    project.provide(
      'browsers',
      browsers.map(({ endpoint }) => ({ endpoint, directory: keeper.directory })),
    );
  } catch (error) {
    await keeper.end();
    throw error;
  }
  return () => keeper.end();
}
