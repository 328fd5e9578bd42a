import type { Command } from './command.ts';
import { expiryCommands } from './expiry-commands.ts';
import { serverCommands } from './server-commands.ts';
import { sortedSetCommands } from './sorted-set-commands.ts';
import { stringCommands } from './string-commands.ts';

const commands = new Map<string, Command>(
  Object.entries({ ...stringCommands, ...expiryCommands, ...sortedSetCommands, ...serverCommands }),
);

export const commandNames: readonly string[] = [...commands.keys()];

/** Names are not case-sensitive. */
export function findCommand(name: string): Command | undefined {
  return commands.get(name) ?? commands.get(name.toUpperCase());
}

export function acceptsCount({ least, most }: Command, count: number): boolean {
  return count >= least && count <= most;
}
