import { expect, test } from 'vitest';
import { type Machine, type Manager, planInstall } from './install-plan.ts';
import { explainInstall } from './install-text.ts';

const debian: Machine = {
  missing: ['mysql', 'redis', 'nginx'],
  isRoot: true,
  isMac: false,
  managers: ['apt-get'],
  known: new Set(['mariadb-server-core', 'redis-server', 'nginx']),
  hasDocker: false,
};

test('where nothing is missing, nothing is planned', () => {
  expect(planInstall({ ...debian, missing: [] })).toEqual({ kind: 'nothing' });
});

test('root on Debian installs only what is missing, by the packages that start no database service', () => {
  const plan = planInstall({ ...debian, missing: ['mysql', 'nginx'] });
  expect(plan).toMatchObject({
    kind: 'install',
    packages: ['mariadb-server-core', 'nginx'],
    refresh: ['apt-get', 'update'],
    install: ['apt-get', 'install', '--yes', '--no-install-recommends', 'mariadb-server-core', 'nginx'],
  });
});

test.each([
  [['mariadb-server-core-10.6'], 'an Ubuntu whose packages have the version in their names'],
  [['mysql-server-core-8.0'], 'one without MariaDB'],
  [['mariadb-server-core'], 'one that has every choice, where the first is taken'],
])('apt installs %j on %s', (packages) => {
  const others = packages[0] === 'mariadb-server-core' ? ['mysql-server-core-8.0'] : [];
  const known = new Set([...packages, ...others]);
  expect(planInstall({ ...debian, missing: ['mysql'], known })).toMatchObject({ packages });
});

test('without lists of packages, the most likely package is planned', () => {
  const plan = planInstall({ ...debian, missing: ['redis'], known: new Set() });
  expect(plan).toMatchObject({ kind: 'install', packages: ['redis-server'] });
});

test('prints the exact command with sudo for a user who is not root', () => {
  const plan = planInstall({ ...debian, missing: ['redis', 'nginx'], isRoot: false });
  expect(plan.kind).toBe('instruct');
  expect(explainInstall(plan)).toContain(
    '\n  sudo apt-get update && sudo apt-get install --yes --no-install-recommends redis-server nginx\n',
  );
  expect(explainInstall(plan)).toContain('lacks Redis, nginx');
});

test('Homebrew installs for a plain user, without sudo', () => {
  const plan = planInstall({ ...debian, isRoot: false, managers: ['brew'] });
  expect(plan).toMatchObject({ kind: 'install', install: ['brew', 'install', 'mysql', 'redis', 'nginx'] });
});

test('Homebrew is not used as root, which it refuses', () => {
  expect(planInstall({ ...debian, managers: ['brew'] }).kind).toBe('impossible');
});

test('a plain user of Linux who has Homebrew needs no sudo', () => {
  const plan = planInstall({ ...debian, isRoot: false, managers: ['apt-get', 'brew'] });
  expect(plan).toMatchObject({ kind: 'install', manager: 'brew' });
});

test.each<[Manager, string[]]>([
  ['dnf', ['mariadb-server', 'valkey', 'nginx']],
  ['apk', ['mariadb', 'redis', 'nginx']],
  ['pacman', ['mariadb', 'valkey', 'nginx']],
])('%s installs what its distribution has', (manager, packages) => {
  const known = new Set(packages);
  const plan = planInstall({ ...debian, managers: [manager], known });
  expect(plan).toMatchObject({ kind: 'install', manager, packages });
});

test.each<[Manager, string]>([
  ['apt-get', 'chromium-headless-shell'],
  ['apt-get', 'chromium'],
  ['dnf', 'chromium'],
  ['apk', 'chromium'],
  ['pacman', 'chromium'],
])('%s installs the browser as root, and prints the command otherwise', (manager, name) => {
  const machine: Machine = { ...debian, missing: ['chromium'], managers: [manager], known: new Set([name]) };
  expect(planInstall(machine)).toMatchObject({ kind: 'install', packages: [name] });
  const text = explainInstall(planInstall({ ...machine, isRoot: false }));
  expect(text).toContain('lacks Chromium or Chrome');
  expect(text).toMatch(new RegExp(`\n  sudo .*${name}\n`));
});

test('Homebrew has a browser for macOS; on Linux another manager brings it', () => {
  const machine: Machine = { ...debian, missing: ['nginx', 'chromium'], isRoot: false, managers: ['brew'] };
  expect(planInstall({ ...machine, isMac: true })).toMatchObject({
    kind: 'install',
    install: ['brew', 'install', 'nginx', 'google-chrome'],
  });
  expect(planInstall(machine)).toMatchObject({ kind: 'impossible' });
  expect(planInstall({ ...machine, managers: ['apt-get', 'brew'] })).toMatchObject({
    kind: 'instruct',
    manager: 'apt-get',
  });
});

test('Compose is not offered in the place of a browser', () => {
  const text = explainInstall(planInstall({ ...debian, missing: ['chromium'], hasDocker: true }));
  expect(text).not.toContain('docker');
});

test('names what is missing on an unknown system', () => {
  const plan = planInstall({ ...debian, managers: [] });
  expect(plan).toEqual({ kind: 'impossible', missing: debian.missing, offersCompose: false });
  expect(explainInstall(plan)).toContain('MySQL or MariaDB, Redis, nginx');
});

test('where a Docker engine answers, Compose is offered with the exact commands, whatever else is planned', () => {
  for (const machine of [debian, { ...debian, isRoot: false }, { ...debian, managers: [] }]) {
    const text = explainInstall(planInstall({ ...machine, hasDocker: true }));
    expect(text).toContain('\n  docker compose up --build --wait\n');
    expect(text).toContain('\n  npm run race-test -- --url http://127.0.0.1:8080\n');
    expect(explainInstall(planInstall(machine))).not.toContain('docker');
  }
});
