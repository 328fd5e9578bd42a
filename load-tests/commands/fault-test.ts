import { faultCommand } from '../faults/command.ts';
import { exitCodeOf } from './cli/exit-code.ts';

process.exitCode = await exitCodeOf(() => faultCommand(process.argv.slice(2)));
