import { retryCommand } from '../retries/command.ts';
import { exitCodeOf } from './cli/exit-code.ts';

process.exitCode = await exitCodeOf(() => retryCommand(process.argv.slice(2)));
