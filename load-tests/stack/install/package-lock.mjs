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
 * Compares package-lock.json with npm's record of what it has installed (node_modules/.package-lock.json).
 *
 * @param {PackageLock} wanted
 * @param {PackageLock} installed
 * @param {{ os: string, cpu: string }} machine as `process.platform` and `process.arch` name them
 * @returns {string | undefined} the first difference as a text; undefined without one
 */
export function firstDifference(wanted, installed, machine) {
  for (const [path, { version, ...about }] of Object.entries(wanted.packages ?? {})) {
    if (path === '' || !isNeeded(about, machine)) continue; // '' is the project itself
    const present = installed.packages?.[path];
    const name = path.replace(/^.*node_modules\//, '');
    if (!present) return `${name} ${version} is not installed`;
    if (present.version !== version) return `${name} is ${present.version} and should be ${version}`;
  }
  return undefined;
}

/**
 * npm leaves out the optional packages of other platforms: esbuild, for example, has a package per platform. This
 * platform's must be present, or a node_modules copied from another machine would pass. If a package also depends on the C
 * library, or names no platform, only npm knows whether it had to install it.
 *
 * @param {LockedPackage} about
 * @param {{ os: string, cpu: string }} machine
 */
function isNeeded({ optional, os, cpu, libc }, machine) {
  if (!optional) return true;
  return !libc && os?.includes(machine.os) === true && cpu?.includes(machine.cpu) === true;
}
