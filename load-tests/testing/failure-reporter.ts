import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node';
import type {} from './failure-logs.ts';

/** Number of failures whose logs are shown: a server that is down may fail every later test. */
const mostLogs = 3;

/** After the other reporters: prints how to repeat each failure, and the ends of the servers' logs. */
export class FailureReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const all = modules.flatMap((module) => [module, ...module.children.allSuites(), ...module.children.allTests()]);
    let shown = 0;
    for (const one of all.filter(hasFailed)) {
      console.log(`\nFailed: ${one.type === 'module' ? this.#path(one.moduleId) : one.fullName}`);
      console.log(`  Repeat it: ${this.#commandFor(one)}`);
      const { serverLogs } = one.meta();
      if (serverLogs && ++shown <= mostLogs)
        console.log(indented(`The servers' logs end with\n${indented(serverLogs)}`));
    }
  }

  #path(file: string): string {
    return relative(process.cwd(), file);
  }

  #commandFor(failed: TestModule | TestSuite | TestCase): string {
    const { sequence } = this.#vitest?.config ?? {};
    const { configFile } = this.#vitest?.vite.config ?? {};
    const module = failed.type === 'module' ? failed : failed.module;
    const isShuffled =
      typeof sequence?.shuffle === 'object' ? Object.values(sequence.shuffle).some(Boolean) : sequence?.shuffle;
    return [
      'npx vitest run',
      ...(configFile ? [`--config ${this.#path(configFile)}`] : []),
      this.#path(module.moduleId),
      ...(failed.type === 'module' ? [] : [`-t ${quoted(patternFor(failed))}`]),
      // Without a seed, files and tests run in their usual order.
      ...(sequence?.seed === undefined ? [] : [`--sequence.seed=${sequence.seed}`]),
      ...(isShuffled ? ['--sequence.shuffle'] : []),
    ].join(' ');
  }
}

function hasFailed(one: TestModule | TestSuite | TestCase): boolean {
  return one.type === 'test' ? one.result().state === 'failed' : one.errors().length > 0;
}

/** @returns the pattern for `-t`: a regular expression for the names of its suites and its own, separated by blanks. */
function patternFor(failed: TestSuite | TestCase): string {
  const names = [failed.name];
  for (let { parent } = failed; parent.type === 'suite'; parent = parent.parent) names.unshift(parent.name);
  return names.join(' ').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const indented = (text: string) => text.replace(/^/gm, '  ');
