// @ts-check
// Cleans up a private stack when its owner has ended, even by SIGKILL. Started by keeper.ts in its own session, so that
// Ctrl-C does not reach it. Plain JavaScript, because it must start at once.
//
// Argument: prefix of the scratch directory's path. Standard output: that directory, once made. Standard input: lines of
// `+pid` and `-pid`, the process groups to end; it closes when the owner ends.
import { mkdtemp, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [, , prefix] = process.argv;
if (!prefix) throw new Error('usage: watchdog.mjs PREFIX');
const directory = await mkdtemp(prefix);
process.stdout.on('error', () => {}); // the owner has ended already: so does its input
console.log(directory);

/** @type {Set<number>} */
const groups = new Set();
for await (const line of createInterface({ input: process.stdin })) {
  if (line.startsWith('+')) groups.add(Number(line.slice(1)));
  else groups.delete(Number(line.slice(1)));
}

for (const group of groups) signal(group, 'SIGKILL');
// A killed server uses its files until the kernel has removed it. Bounded, because nothing watches this process.
for (let tries = 0; tries < 200 && [...groups].some((group) => signal(group, 0)); tries++) await sleep(10);
await rm(directory, { recursive: true, force: true, maxRetries: 5 });

/**
 * @param {number} group
 * @param {NodeJS.Signals | 0} name
 * @returns whether the group exists
 */
function signal(group, name) {
  try {
    return process.kill(-group, name);
  } catch {
    return false;
  }
}
