// @ts-check
// Cleans up a private stack when its owner has ended, even by SIGKILL. Started by keeper.ts in its own session, so that
// Ctrl-C does not reach it. Plain JavaScript, because it must start at once.
//
// Argument: prefix of the scratch directory's path. Standard output: that directory, once made. Standard input: lines of
// `+pid` and `-pid`, the process groups to end; it closes when the owner ends.
import { readdirSync, readFileSync } from 'node:fs';
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
for (let tries = 0; tries < 200 && [...groups].some(runs); tries++) await sleep(10);
await rm(directory, { recursive: true, force: true, maxRetries: 5 });

/**
 * A zombie does not run: it has closed its files, and process 1 may take seconds to reap the orphans among them.
 *
 * @param {number} group
 * @returns whether a thread of a process of the group runs
 */
function runs(group) {
  if (!signal(group, 0)) return false;
  const ofGroup = new RegExp(`\\) \\S \\d+ ${group} `);
  try {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && ofGroup.test(statOf(name)));
    const threads = pids.flatMap((pid) => readdirSync(`/proc/${pid}/task`).map((thread) => `${pid}/task/${thread}`));
    return threads.some((thread) => /\) [^ZX] /.test(statOf(thread)));
  } catch {
    return true; // it has just ended: look again; or the system has no such files
  }
}

/** @param {string} path of a process or a thread */
function statOf(path) {
  try {
    return readFileSync(`/proc/${path}/stat`, 'utf8');
  } catch {
    return '';
  }
}

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
