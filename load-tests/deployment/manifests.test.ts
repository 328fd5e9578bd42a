import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Deployment } from 'kubernetes-types/apps/v1.d.ts';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.d.ts';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig, variableNames } from '../../app/config.ts';
import { runCommand } from '../stack/processes/run-command.ts';
import { repositoryRoot } from '../stack/repository.ts';

const inRoot = (path: string) => join(repositoryRoot, path);
const folder = inRoot('app/deploy/kubernetes');
const read = async (path: string) => parse(await readFile(path, 'utf8'), { merge: true });

const known = new Set(variableNames.flatMap((name) => [name, `${name}_FILE`]));
const unknownIn = (names: readonly string[]) => names.filter((name) => !known.has(name));

/** By kind, the module of Kubernetes' published types. */
const moduleOf: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  PodDisruptionBudget: 'policy/v1',
  Service: 'core/v1',
};

test('the Kubernetes manifests have the fields that its published types have, and no others', async () => {
  const { resources } = await read(join(folder, 'kustomization.yaml'));
  const files = (await readdir(folder)).filter((file) => file !== 'kustomization.yaml');
  expect(resources.toSorted()).toEqual(files.toSorted());
  const directory = await mkdtemp(join(tmpdir(), 'manifests-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const types = inRoot('node_modules/kubernetes-types');
  for (const file of files) {
    const manifest = await read(join(folder, file));
    const source = `import type { ${manifest.kind} } from '${types}/${moduleOf[manifest.kind]}';
      export const manifest: ${manifest.kind} = ${JSON.stringify(manifest, null, 1)};`;
    await writeFile(join(directory, file.replace('.yaml', '.ts')), source);
  }
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    module: 'esnext',
    moduleResolution: 'bundler',
    types: [],
  };
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const tsc = inRoot('node_modules/.bin/tsc');
  const { output } = await runCommand([tsc, '--project', directory], { timeoutMs: 100_000 });
  expect(output).toBe('');
});

test('Kubernetes gives an instance a valid environment, time to stop, and few enough connections', async () => {
  const { configMapGenerator } = await read(join(folder, 'kustomization.yaml'));
  const literals: string[] = configMapGenerator[0].literals;
  const config = readConfig(Object.fromEntries(literals.map((literal) => literal.split(/=(.*)/s).slice(0, 2))));
  const { spec } = (await read(join(folder, 'deployment.yaml'))) as Deployment;
  const pod = spec?.template.spec;
  const containers = [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])];
  expect(unknownIn(containers.flatMap(({ env = [] }) => env.map(({ name }) => name)))).toEqual([]);
  const [preStopSeconds] = containers.at(-1)?.lifecycle?.preStop?.exec?.command?.slice(-1) ?? [];
  const graceMs = (pod?.terminationGracePeriodSeconds ?? 0) * 1000;
  expect(graceMs).toBeGreaterThan(Number(preStopSeconds) * 1000 + config.SHUTDOWN_MS);

  const autoscaler = (await read(join(folder, 'autoscaler.yaml'))) as HorizontalPodAutoscaler;
  const surge = Number(spec?.strategy?.rollingUpdate?.maxSurge);
  const connections = ((autoscaler.spec?.maxReplicas ?? 0) + surge) * config.MYSQL_POOL_MAX;
  expect(await readFile(join(folder, 'kustomization.yaml'), 'utf8')).toContain(` = ${connections}. MySQL's`);
});

test('Compose and the Swarm rotate logs, restart what ends, and give an instance only variables that it reads', async () => {
  const compose = await read(inRoot('docker-compose.yml'));
  const swarm = await read(inRoot('app/deploy/swarm.yml'));
  for (const [name, service] of Object.entries<Record<string, unknown>>(compose.services)) {
    expect(service, name).toMatchObject({ restart: 'unless-stopped', logging: { driver: 'local' } });
  }
  for (const [name, service] of Object.entries<Record<string, unknown>>(swarm.services)) {
    expect(service, name).toMatchObject({ logging: { driver: 'local' } });
  }
  expect(compose.services.nginx.ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:/)]);
  expect(unknownIn(Object.keys(swarm.services.app.environment))).toEqual([]);
  expect(swarm.services.app).toMatchObject({
    environment: { LAB: 'off' },
    deploy: { update_config: { order: 'start-first', failure_action: 'rollback' } },
  });
});
