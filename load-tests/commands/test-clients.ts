import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { startVitest, type TestSuite } from 'vitest/node';
import { markdownTable, readmeOption, writeFigures } from '../report/figures.ts';
import { findPrograms } from '../stack/install/programs.ts';
import { repositoryRoot } from '../stack/repository.ts';
import { exitCodeOf } from './cli/exit-code.ts';
import { commandLine } from './cli/options.ts';

interface ClientsOptions {
  readonly server: readonly string[];
  readonly readme: boolean;
}

function readOptions(): ClientsOptions {
  const collect = (program: string, before: string[] = []) => [...before, resolve(program)];
  const { server, readme } = commandLine('npm run test:clients --')
    .description('Runs the contract of the lock’s clients against real servers.')
    .option(
      '--server <program>',
      'a redis-server or valkey-server; may be repeated. Default: the installed one',
      collect,
    )
    .addOption(readmeOption('test:clients'))
    .parse()
    .opts<{ server?: string[]; readme: boolean }>();
  const installed = findPrograms().redis;
  if (!server && !installed) throw new Error('No Redis is installed; name one by --server.');
  return { server: server ?? [installed ?? ''], readme };
}

/** @returns what the program says that it is, such as `Redis 7.0.15`. */
function versionOf(program: string): string {
  const printed = execFileSync(program, ['--version'], { encoding: 'utf8' });
  const [, name, version] = /^(\w+) server v=(\S+)/.exec(printed) ?? [];
  if (!name || !version) throw new Error(`${program} is no Redis: it says ${JSON.stringify(printed.slice(0, 100))}`);
  return `${name} ${version}`;
}

/** @returns for each client library how many of its tests have passed, such as `7 of 7`. */
async function runOn(program: string): Promise<Map<string, string>> {
  const directory = mkdtempSync(join(tmpdir(), 'test-clients-'));
  const path = process.env.PATH;
  try {
    symlinkSync(program, join(directory, 'redis-server')); // the first on the PATH is used
    process.env.PATH = `${directory}${delimiter}${path}`;
    const hang = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 100_000, interval: 10 } } };
    const file = 'load-tests/redis-lock/clients.test.ts';
    const vitest = await startVitest('test', [file], { ...hang, config: false, watch: false, root: repositoryRoot });
    const modules = vitest.state.getTestModules();
    const suites: TestSuite[] = modules.flatMap(({ children }) => [...children.suites()]);
    await vitest.close();
    process.exitCode = undefined; // vitest sets it when a test fails; the table decides
    return new Map(
      suites.map(({ name, children }) => {
        const tests = [...children.allTests()];
        const passed = tests.filter((test) => test.result().state === 'passed');
        return [name.replace(/^the lock on '(.*)'$/, '$1'), `${passed.length} of ${tests.length}`];
      }),
    );
  } finally {
    process.env.PATH = path;
    rmSync(directory, { recursive: true });
  }
}

const installedVersion = (library: string): string =>
  JSON.parse(readFileSync(join(repositoryRoot, 'node_modules', library, 'package.json'), 'utf8')).version;

/** `npm run test:clients`: prints a table, servers by client libraries. */
async function main(): Promise<number> {
  const { server: programs, readme } = readOptions();
  const servers = programs.map((program) => ({ program, version: versionOf(program) }));
  const rows: [string, Map<string, string>][] = [];
  for (const { program, version } of servers) rows.push([version, await runOn(program)]);
  const libraries = [...new Set(rows.flatMap(([, results]) => [...results.keys()]))];
  const table = markdownTable(
    ['', ...libraries.map((library) => `${library} ${installedVersion(library)}`)],
    rows.map(([version, results]) => [version, ...libraries.map((library) => results.get(library) ?? 'none')]),
  );
  console.log(`\n${table}`);
  if (readme) await writeFigures('test:clients', {}, table);
  const cells = rows.flatMap(([, results]) => libraries.map((library) => results.get(library)));
  return cells.length > 0 && cells.every((cell) => /^([1-9]\d*) of \1$/.test(cell ?? '')) ? 0 : 1;
}

process.exitCode = await exitCodeOf(main);
