import { onFreePort, onSamePort } from '../../../app/testing/free-port.ts';
import { allStarted } from '../processes/all-started.ts';
import type { Keeper } from '../processes/keeper.ts';
import { repositoryRoot } from '../repository.ts';
import { type ServerProcess, startServer } from '../servers/server-process.ts';

/** One instance of the service. */
export interface Instance extends ServerProcess {
  /** Its own address, not nginx's. */
  readonly url: string;
  readonly port: number;
}

export interface InstanceOptions {
  /** The value of `X-Instance`. */
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** The program to run, relative to the repository's root. */
  readonly program: string;
  /** The port that it had before. Default: a free one. */
  readonly port?: number;
}

/**
 * Starts instances, named from `app-1`, each on its previous port, or on a free one if it had none.
 *
 * @throws when one of them does not start. None runs then.
 */
export async function startInstances(
  ports: readonly (number | undefined)[],
  optionsOf: (name: string) => Pick<InstanceOptions, 'env' | 'program'>,
  keeper: Keeper,
): Promise<Instance[]> {
  const starts = ports.map((port, index) => {
    const name = `app-${index + 1}`;
    return startInstance({ name, ...optionsOf(name), ...(port !== undefined && { port }) }, keeper);
  });
  try {
    return await allStarted(starts);
  } catch (error) {
    // No caller could stop those that did start, and they would keep their ports.
    await Promise.all(starts.map((start) => start.then((instance) => instance.stop()).catch(() => {})));
    throw error;
  }
}

const { PATH = '', HOME = '', TMPDIR } = process.env;

/** Starts an instance and waits until it is ready to serve. */
export function startInstance({ name, env, program, port }: InstanceOptions, keeper: Keeper): Promise<Instance> {
  async function start(on: number): Promise<Instance> {
    const url = `http://127.0.0.1:${on}`;
    const spec = {
      name,
      command: [process.execPath, ...(program.endsWith('.ts') ? ['--import', 'tsx'] : []), program] as [
        string,
        ...string[],
      ],
      cwd: repositoryRoot,
      env: { PATH, HOME, ...(TMPDIR && { TMPDIR }), HOST: '127.0.0.1', ...env, PORT: String(on), INSTANCE: name },
      probe: async (pid: number) => {
        const health = await ask(`${url}/healthz`);
        if (health.pid !== pid) throw new Error(`port ${on} has another process`);
        await ask(`${url}/readyz`);
      },
    };
    return Object.assign(await startServer(spec, keeper), { url, port: on });
  }
  return port === undefined ? onFreePort(start) : onSamePort(start, port);
}

async function ask(url: string): Promise<{ pid?: number }> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw new Error(`${url} was answered ${response.status}`);
  return (await response.json()) as { pid?: number };
}
