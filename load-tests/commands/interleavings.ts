import { interleavingsCommand } from '../interleavings/command.ts';
import { exitCodeOf } from './cli/exit-code.ts';

process.exitCode = await exitCodeOf(() => interleavingsCommand(process.argv.slice(2)));
