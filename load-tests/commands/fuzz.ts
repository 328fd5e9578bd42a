import { fuzz } from '../fuzz/fuzz.ts';
import { startStack } from '../stack/index.ts';
import { exitCodeOf } from './cli/exit-code.ts';
import { commandLine, whole } from './cli/options.ts';

interface Options {
  readonly inputs: number;
  readonly seed: number;
}

function readOptions(): Options {
  return commandLine('npm run fuzz --')
    .description(
      'Sends drawn inputs to every route of a private stack: none may be answered 5xx, or change data if refused.',
    )
    .option('--inputs <n>', 'number of inputs for each route', whole(1, 1_000_000), 300)
    .option('--seed <n>', 'the same seed draws the same inputs', whole(0, 2 ** 31 - 1), Date.now() % 2 ** 31)
    .parse()
    .opts<Options>();
}

/** `npm run fuzz`: exits with 1 if an input breaks a promise. */
async function runFuzz(): Promise<number> {
  const { inputs, seed } = readOptions();
  console.log(`${inputs} inputs for each route, seed ${seed}`);
  await using stack = await startStack({ instances: 1, onProgress: (message) => console.log(message) });
  let sent = 0;
  let broken = 0;
  for await (const result of fuzz({ url: stack.url, mysqlUrl: stack.mysql.url, inputs, seed })) {
    const statuses = [...result.statuses].sort(([a], [b]) => a - b);
    sent += statuses.reduce((sum, [, count]) => sum + count, 0);
    console.log(`${result.operation}: ${statuses.map(([status, count]) => `${count} × ${status}`).join(', ')}`);
    if (!result.broken) continue;
    broken += 1;
    console.log(`  ${result.broken.why}\n  ${JSON.stringify(result.broken.input)}`);
  }
  console.log(`${sent} requests: ${broken === 0 ? 'no promise was broken' : `${broken} routes broke a promise`}`);
  return broken === 0 ? 0 : 1;
}

process.exitCode = await exitCodeOf(runFuzz);
