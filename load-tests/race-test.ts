import { exitCodeOf } from './exit-code.ts';
import { raceCommand } from './race-command.ts';

process.exitCode = await exitCodeOf(() => raceCommand(process.argv.slice(2)));
