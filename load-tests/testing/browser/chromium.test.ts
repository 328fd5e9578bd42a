import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findPrograms } from '../../stack/install/programs.ts';
import { startKeeper } from '../../stack/processes/keeper.ts';
import { processesOf } from '../../stack/processes/processes-of.ts';
import { startChromium } from './chromium.ts';

const program = findPrograms().chromium ?? 'chromium';
const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
/** Starts a browser, says which process it is, and stays. */
const owner = `
  import { startKeeper } from ${module('../../stack/processes/keeper.ts')};
  import { startChromium } from ${module('chromium.ts')};
  const { pid } = await startChromium(${JSON.stringify(program)}, await startKeeper());
  console.log(pid);
  setInterval(() => {}, 1000);
`;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chromium-test-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('a browser whose owner was killed leaves no process and no file', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', owner], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: directory },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  try {
    const [pid] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    expect(processesOf(directory).length).toBeGreaterThanOrEqual(4); // owner, watchdog, browser, and its own children
    const args = execFileSync('ps', ['-ww', '-o', 'args=', '-p', pid]).toString();
    expect(args.includes('--no-sandbox')).toBe(process.getuid?.() === 0); // who is not root keeps the sandbox
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
  await expect.poll(() => processesOf(directory)).toEqual([]);
  await expect
    .poll(() => readdir(directory))
    .toEqual(expect.not.arrayContaining([expect.stringMatching(/^payment-race-/)]));
});

test('a browser that does not start says why', async () => {
  const broken = join(directory, 'chromium');
  await writeFile(broken, '#!/bin/sh\necho "the reason why" >&2\nexit 1\n', { mode: 0o755 });
  const keeper = await startKeeper();
  try {
    await expect(startChromium(broken, keeper)).rejects.toThrow(/chromium ended at once\..*\nthe reason why/);
  } finally {
    await keeper.end();
  }
});
