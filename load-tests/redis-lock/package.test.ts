import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const name = '@payment-race-lab/redis-lock';

let tarball: string;
beforeAll(async () => {
  // Where Node finds the packages of this project. From files in node_modules, tsc makes no declarations.
  const dist = join(root, 'dist');
  mkdirSync(dist, { recursive: true });
  const directory = mkdtempSync(join(dist, 'lock-package-'));
  const lock = join(directory, 'app/redis-lock');
  const others = ['dist', 'simulation', 'tests'];
  cpSync(join(root, 'app/redis-lock'), lock, { recursive: true, filter: (path) => !others.includes(basename(path)) });
  cpSync(join(root, 'tsconfig.json'), join(directory, 'tsconfig.json'));
  const { stdout } = await run('npm', ['pack', '--json', '--foreground-scripts=false', lock], { cwd: directory });
  tarball = join(directory, JSON.parse(stdout)[0].filename);
  return () => rmSync(directory, { recursive: true });
});

/** @returns the folder with the files of the packed lock, in a project of its own. */
const packedIn = (project: string) => join(project, 'node_modules', name);

/** @returns a project that has the packed lock, and of the packages of this project only these. */
async function projectWith(...packages: string[]): Promise<string> {
  const project = mkdtempSync(join(tmpdir(), 'lock-user-'));
  onTestFinished(() => rmSync(project, { recursive: true }));
  const installed = packedIn(project);
  mkdirSync(installed, { recursive: true });
  await run('tar', ['--extract', '--file', tarball, '--strip-components', '1', '--directory', installed]);
  for (const one of packages) {
    mkdirSync(join(project, 'node_modules', one, '..'), { recursive: true });
    symlinkSync(join(root, 'node_modules', one), join(project, 'node_modules', one));
  }
  return project;
}

/** The entry of each client's adapter, and how a program makes its lock. */
const clients = [
  {
    client: 'ioredis',
    entry: name,
    made: `const redis = new client.Redis(url);
           const lock = createRedisLock(redis, options);
           const end = () => redis.disconnect();`,
  },
  {
    client: 'redis',
    entry: `${name}/node-redis`,
    made: `const redis = await client.createClient({ url }).on('error', console.error).connect();
           const lock = createRedisLock(adapter.nodeRedisClient(redis), options);
           const end = () => redis.destroy();`,
  },
  {
    client: '@valkey/valkey-glide',
    entry: `${name}/glide`,
    made: `const { hostname: host, port } = new URL(url);
           const open = () => client.GlideClient.createClient({ addresses: [{ host, port: Number(port) }] });
           const redis = await open();
           const lock = createRedisLock(adapter.glideClient(redis, open), options);
           const end = () => redis.close();`,
  },
];
const loads = [
  { by: 'import', load: 'await import', file: 'user.mjs' },
  { by: 'require', load: 'require', file: 'user.cjs' },
];

describe.each(clients)('with $client', ({ client, entry, made }) => {
  test.each(loads)('the packed lock works by $by, without any file of this project', async ({ load, file }) => {
    const project = await projectWith(client);
    const code = `(async () => {
      const { createRedisLock } = ${load}('${name}');
      const adapter = ${load}('${entry}');
      const client = ${load}('${client}');
      const url = process.env.REDIS_URL;
      const options = { nodeTimeoutMs: 30_000 };
      ${made}
      const { outcome, lease } = await lock.acquire('packed ${client} ${file}');
      console.log(outcome, lease.token > 0n, await lease.release());
      await lock.close();
      end();
    })();`;
    writeFileSync(join(project, file), code);
    const env = { PATH: process.env.PATH, REDIS_URL: testStack().redisUrl };
    const { stdout } = await run(process.execPath, [file], { cwd: project, env });
    expect(stdout.split('\n')).toContain('acquired true released'); // glide logs around it what the server lacks
  });
});

test('loads each entry without a client installed, and refuses an object that is no client', async () => {
  const project = await projectWith();
  const entries = [name, `${name}/node-redis`, `${name}/glide`];
  const code = `const [{ createRedisLock }] = await Promise.all(${JSON.stringify(entries)}.map((entry) => import(entry)));
    try { createRedisLock({}) } catch (error) { console.log(String(error)) }`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd: project });
  expect(stdout).toBe('TypeError: a lock needs an ioredis connection, or what the adapter of another client returns\n');
});

test('publint finds nothing', async () => {
  const { messages } = await publint({ pack: { tarball: new Uint8Array(readFileSync(tarball)).buffer } });
  expect(messages).toEqual([]);
});

test('what its documents link to is packed with them', async () => {
  const packed = packedIn(await projectWith());
  for (const document of ['README.md', 'CHANGELOG.md']) {
    const links = [...readFileSync(join(packed, document), 'utf8').matchAll(/\]\(([^)#\s]+)[^)]*\)/g)];
    const files = links.flatMap(([, target = '']) => (/^https:/.test(target) ? [] : [target]));
    expect(files.filter((file) => !existsSync(join(packed, file)))).toEqual([]);
    if (document === 'README.md') expect(files.length).toBeGreaterThan(3);
  }
});

/** Prints what is recorded, in place of an SDK. */
const sdk = `
import { metrics } from '@opentelemetry/api';
const createHistogram = (name) => ({ record: (seconds, { outcome }) => console.log(name, outcome, seconds < 60) });
metrics.setGlobalMeterProvider({ getMeter: () => ({ createHistogram }) });
`;

test.each([
  {
    example: 'prometheus.mjs',
    packages: ['prom-client'],
    prints: ['lock_wait_seconds_count{outcome="acquired"} 1', 'lock_hold_seconds_count{outcome="released"} 1'],
  },
  {
    example: 'opentelemetry.mjs',
    packages: ['@opentelemetry/api'],
    prints: ['lock.wait.duration acquired true', 'lock.hold.duration released true'],
  },
])('runs the packed example $example', async ({ example, packages, prints }) => {
  const project = await projectWith('ioredis', ...packages);
  cpSync(join(packedIn(project), 'examples', example), join(project, example));
  writeFileSync(join(project, 'sdk.mjs'), packages.includes('@opentelemetry/api') ? sdk : '');
  const env = { PATH: process.env.PATH, REDIS_URL: testStack().redisUrl };
  const { stdout } = await run(process.execPath, ['--import', './sdk.mjs', example], { cwd: project, env });
  expect(stdout.split('\n')).toEqual(expect.arrayContaining([expect.stringMatching(/token \d{16}/), ...prints]));
});

const typed = `
import { createRedisLock, createRedlock, type Lease } from '${name}';
import { glideClient } from '${name}/glide';
import { nodeRedisClient } from '${name}/node-redis';
import { GlideClient, GlideClusterClient } from '@valkey/valkey-glide';
import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster, createSentinel } from 'redis';

export async function locks(): Promise<Lease[]> {
  const open = () => GlideClient.createClient({ addresses: [{ host: '127.0.0.1' }] });
  const openCluster = () => GlideClusterClient.createClient({ addresses: [{ host: '127.0.0.1' }] });
  createRedisLock(new Cluster([]));
  createRedisLock(glideClient(await openCluster(), openCluster));
  createRedisLock(nodeRedisClient(createCluster({ rootNodes: [] })));
  createRedisLock(nodeRedisClient(createSentinel({ name: 'main', sentinelRootNodes: [] })));
  const clients = [new Redis(), nodeRedisClient(createClient()), glideClient(await open(), open)];
  const acquisitions = [createRedlock(clients), ...clients.map((client) => createRedisLock(client, { fencing: false }))].map(
    (lock) => lock.acquire('key', { waitMs: 10 }),
  );
  return (await Promise.all(acquisitions)).flatMap((one) => (one.outcome === 'acquired' ? [one.lease] : []));
}
`;

test.each([
  { module: 'nodenext', moduleResolution: 'nodenext', files: ['user.mts', 'user.cts'] },
  { module: 'preserve', moduleResolution: 'bundler', files: ['user.ts'] },
])('its types fit the clients’ with module $module', async ({ module, moduleResolution, files }) => {
  const project = await projectWith('ioredis', 'redis', '@valkey/valkey-glide', '@types/node');
  for (const file of files) writeFileSync(join(project, file), typed);
  const compilerOptions = { module, moduleResolution, target: 'es2023', strict: true, noEmit: true, types: ['node'] };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const found = await run(process.execPath, [tsc, '--skipLibCheck', '--project', project]).catch((error) => error);
  expect(found.stdout).toBe('');
});
