import { exitCodeOf } from './exit-code.ts';
import { faultCommand } from './fault-command.ts';

process.exitCode = await exitCodeOf(() => faultCommand(process.argv.slice(2)));
