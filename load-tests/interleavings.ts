import { exitCodeOf } from './exit-code.ts';
import { interleavingsCommand } from './interleavings-command.ts';

process.exitCode = await exitCodeOf(() => interleavingsCommand(process.argv.slice(2)));
