import './end-at-signal.ts';
import { hostname } from 'node:os';
import { type Config, ConfigError, readConfig, variableNames } from './config.ts';
import { findUnknown } from './environment/unknown.ts';
import { createLog } from './log.ts';
import { runInstance } from './run-instance.ts';
import { runMigrations } from './run-migrations.ts';
import { startUpProblem } from './start-up-problem.ts';

/** `main.js` serves; `main.js migrate` migrates the database and ends; `main.js migrate back` takes the last step back. */
async function start(config: Config, args: readonly string[]): Promise<void> {
  const command = args.join(' ');
  if (command === 'migrate') return runMigrations(config, 'latest');
  if (command === 'migrate back') return runMigrations(config, 'down');
  if (command !== '')
    throw new ConfigError([
      {
        variable: 'arguments',
        message: `must be none, "migrate" or "migrate back"; they are ${JSON.stringify(command)}`,
      },
    ]);
  const { alike } = findUnknown(process.env, variableNames);
  if (alike.length > 0) {
    const log = createLog({ instance: config.INSTANCE, level: config.LOG_LEVEL });
    log.warn({ variables: alike }, 'unknown variables, which are not read: another program’s, or a mistake');
  }
  await runInstance(config);
}

try {
  await start(readConfig(), process.argv.slice(2));
} catch (error) {
  // The level cannot be taken from an environment that may be invalid.
  const log = createLog({ instance: process.env.INSTANCE || hostname(), level: 'fatal' });
  const problem = startUpProblem(error);
  const problems = error instanceof ConfigError ? error.problems : problem ? [problem] : [];
  for (const { variable, message } of problems) log.fatal({ variable }, `could not start: ${variable}: ${message}`);
  if (problems.length === 0) log.fatal({ err: error }, 'could not start');
  process.exit(1);
}
