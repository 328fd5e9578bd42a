// @ts-check

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {boolean} [optional]
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 * @property {string[]} [libc]
 */

/** @typedef {{ packages?: Record<string, LockedPackage> }} PackageLock */

/**
 * Compares what package-lock.json asks for with what npm says it has installed (node_modules/.package-lock.json).
 *
 * @param {PackageLock} wanted
 * @param {PackageLock} installed
 * @param {{ os: string, cpu: string }} machine as `process.platform` and `process.arch` name them
 * @returns {string | undefined} the first difference, for people to read; undefined when there is none
 */
export function firstDifference(wanted, installed, machine) {
  for (const [path, { version, ...about }] of Object.entries(wanted.packages ?? {})) {
    if (path === '' || !isNeeded(about, machine)) continue; // '' is the project itself
    const there = installed.packages?.[path];
    const name = path.replace(/^.*node_modules\//, '');
    if (!there) return `${name} ${version} is not installed`;
    if (there.version !== version) return `${name} is ${there.version} and should be ${version}`;
  }
  return undefined;
}

/**
 * npm leaves out the optional packages of other machines: esbuild, for one, has a package per platform. This
 * machine's must be there, or a node_modules that was copied from elsewhere would pass. Where a package also depends
 * on the C library, or nothing is said, npm alone knows whether it had to install it.
 *
 * @param {LockedPackage} about
 * @param {{ os: string, cpu: string }} machine
 */
function isNeeded({ optional, os, cpu, libc }, machine) {
  if (!optional) return true;
  return !libc && os?.includes(machine.os) === true && cpu?.includes(machine.cpu) === true;
}
