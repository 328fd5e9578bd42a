import { variableNames } from '../../app/config.ts';
import { findUnknown } from '../../app/environment/unknown.ts';
import { resetUsers } from '../client/lab-client.ts';
import { startLab } from '../faults/live/lab.ts';
import { showPhases } from '../report/terminal/progress.ts';
import { exitCodeOf } from './cli/exit-code.ts';
import { commandLine, whole } from './cli/options.ts';

const preferredPort = 8080;
/** The instances' settings. All others come from the environment. */
const chosenHere = [
  ...['HOST', 'PORT', 'INSTANCE', 'LAB'],
  ...['MYSQL_URL', 'MYSQL_PASSWORD', 'MYSQL_CA', 'MIGRATE', 'REDIS_URL', 'REDIS_CA', 'REDLOCK_URLS'],
];
const passedOn = variableNames.filter((name) => !chosenHere.includes(name));

interface StartOptions {
  readonly instances: number;
  readonly port?: number;
  readonly users: number;
}

function readStartOptions(): StartOptions {
  return commandLine('npm start --')
    .description('Starts the lab in LOCK_MODE (default none) and keeps it up until Ctrl-C.')
    .option('--instances <n>', 'instances of the service', whole(1, 32), 3)
    .option('--port <n>', `nginx's port; without it, ${preferredPort} or a free one`, whole(1, 65_535))
    .option('--users <n>', 'users to begin with', whole(1, 100_000), 10)
    .parse()
    .opts<StartOptions>();
}

/** A pay, a cancel and a look at the users, by curl. */
function suggestions(url: string, id: number): string {
  const post = (command: string) =>
    `  curl -s ${url}/users/${id}/${command} -H 'content-type: application/json' -d '{"amount": 4900}'`;
  return [post('pay'), post('cancel'), `  curl -s ${url}/users`].join('\n');
}

/** `npm start`: serves until a signal. */
async function main(): Promise<number> {
  const { users, ...options } = readStartOptions();
  const { misspelt } = findUnknown(process.env, variableNames);
  for (const [name, meant] of misspelt) console.error(`${name} is unknown: ${meant} is meant.`);
  if (misspelt.size > 0) return 2; // the lab would run without it
  const given = Object.entries(process.env).filter(([name, value]) => passedOn.includes(name) && value);
  const env: Record<string, string> = { JOBS: 'on', RECONCILE: 'repair', ...Object.fromEntries(given) };
  const lab = await showPhases(console.log, (onProgress) =>
    startLab({ ...options, preferredPort, env, onProgress, onFault: console.log }),
  );
  const { url } = lab.stack;
  const [first] = await resetUsers(url, users).catch(async (error: unknown) => {
    await lab[Symbol.asyncDispose]();
    throw error;
  });
  console.log(`
The lab is at ${url} with LOCK_MODE=${env.LOCK_MODE ?? 'none'}, ${options.instances} instance(s) and ${users} user(s). Try

${suggestions(url, first?.id ?? 1)}

Ctrl-C ends it and leaves nothing behind.`);
  return 0;
}

process.exitCode = await exitCodeOf(main);
