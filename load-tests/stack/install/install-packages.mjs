// @ts-check
// The first step of every command, and the only one that runs before there is a node_modules: plain JavaScript,
// Node's own modules only. If everything is installed, it reads two files and prints nothing.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstDifference } from './package-lock.mjs';

/** The folder with the lock file: the project's, or the one named by the argument. */
const root = join(fileURLToPath(new URL('../../..', import.meta.url)), process.argv[2] ?? '');
const lock = join(root, '.npm-ci.lock');
const waitMs = 10 * 60_000;

checkNode();
if (firstProblem() !== undefined) await withInstallLock(installPackages);

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  // 20.19 is the first 20 that can require() an ES module, which some packages rely on.
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`This needs Node.js 20.19 or newer; ${process.execPath} is ${process.versions.node}.`);
}

function firstProblem() {
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    const installedFile = join(root, 'node_modules/.package-lock.json');
    if (!existsSync(installedFile)) return 'node_modules is missing or unfinished';
    const installed = JSON.parse(readFileSync(installedFile, 'utf8'));
    return (
      firstDifference(wanted, installed, { os: process.platform, cpu: process.arch }) ??
      Object.keys(installed.packages)
        .find((path) => !existsSync(join(root, path)))
        ?.concat(' is gone')
    );
  } catch (error) {
    return `The packages cannot be checked: ${error instanceof Error ? error.message : error}`;
  }
}

function installPackages() {
  const wrong = firstProblem(); // again: another process may have installed them while this one waited
  if (wrong === undefined) return;
  console.error(`Installing the npm packages with npm ci: ${wrong}.`);
  const { status, error } = spawnSync('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (error) fail(`npm could not be run: ${error.message}`);
  if (status !== 0) fail('npm ci failed (see above); nothing else was tried.');
}

/**
 * Runs `work` under a lock: two commands that start together must not both run `npm ci`, which first deletes node_modules.
 * The lock is a symlink, because its creation is atomic. It contains the owner's pid, so that the lock of a killed owner is
 * recognized as stale.
 *
 * @param {() => void} work
 */
async function withInstallLock(work) {
  const deadline = performance.now() + waitMs;
  while (!tryLock()) {
    if (performance.now() > deadline) fail(`Another command has been installing for too long; if not, delete ${lock}.`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  process.once('exit', () => unlinkSync(lock)); // fail() exits as well
  work();
}

function tryLock() {
  try {
    symlinkSync(String(process.pid), lock);
    return true;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') {
      return fail(`The packages cannot be installed here: ${error instanceof Error ? error.message : error}`);
    }
  }
  try {
    process.kill(Number(readlinkSync(lock)), 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') rmSync(lock, { force: true });
  }
  return false;
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message);
  process.exit(1);
}
