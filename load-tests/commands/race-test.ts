import { raceCommand } from '../race/command.ts';
import { exitCodeOf } from './cli/exit-code.ts';

process.exitCode = await exitCodeOf(() => raceCommand(process.argv.slice(2)));
