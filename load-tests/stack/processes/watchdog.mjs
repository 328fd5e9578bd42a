// @ts-check
// Ends a private stack whose owner has gone, even by SIGKILL. Started by keeper.ts
// in a session of its own, so that Ctrl-C does not reach it. Plain JavaScript, as it must start at once.
//
// Argument: how the path of the scratch directory begins. Standard output: that directory, once it is made. Standard
// input: lines of `+pid` and `-pid`, the process groups to end; its end is the owner's.
import { mkdtemp, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [, , prefix] = process.argv;
if (!prefix) throw new Error('usage: watchdog.mjs PREFIX');
const directory = await mkdtemp(prefix);
process.stdout.on('error', () => {}); // the owner has gone already: its input ends just as well
console.log(directory);

/** @type {Set<number>} */
const groups = new Set();
for await (const line of createInterface({ input: process.stdin })) {
  if (line.startsWith('+')) groups.add(Number(line.slice(1)));
  else groups.delete(Number(line.slice(1)));
}

for (const group of groups) signal(group, 'SIGKILL');
// A killed server is gone from its files only when the kernel says so; bounded, as nothing watches this process.
for (let tries = 0; tries < 200 && [...groups].some((group) => signal(group, 0)); tries++) await sleep(10);
await rm(directory, { recursive: true, force: true, maxRetries: 5 });

/**
 * @param {number} group
 * @param {NodeJS.Signals | 0} name
 * @returns whether the group was there
 */
function signal(group, name) {
  try {
    return process.kill(-group, name);
  } catch {
    return false;
  }
}
