import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SimulationFunctions } from '../../app/redis-lock/simulation/worker.ts';
import { type RemoteProcess, startRemote } from '../stack/processes/remote-process.ts';
import { runCommand } from '../stack/processes/run-command.ts';
import { repositoryRoot } from '../stack/repository.ts';

/** Generous: compiling takes two seconds. */
const compileTimeoutMs = 120_000;

/** The simulation's worker, compiled: tsx gives each function its name when it is made, which costs a tenth of the time. */
export class SimulationWorker {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** @throws what the compiler says. */
  static async compile(): Promise<SimulationWorker> {
    const cache = join(repositoryRoot, 'node_modules/.cache'); // where Node resolves the packages
    await mkdir(cache, { recursive: true });
    const worker = new SimulationWorker(await mkdtemp(join(cache, 'simulation-')));
    const lock = join(repositoryRoot, 'app/redis-lock');
    const compiler = [process.execPath, join(repositoryRoot, 'node_modules/typescript/bin/tsc'), '--noCheck'];
    const project = ['--project', join(lock, 'simulation'), '--outDir', worker.#directory];
    const { succeeded, output } = await runCommand([...compiler, ...project], { timeoutMs: compileTimeoutMs });
    if (!succeeded) throw new Error(`The simulation could not be compiled:\n${output}`);
    await cp(join(lock, 'lua'), join(worker.#directory, 'lua'), { recursive: true });
    return worker;
  }

  /** @returns a process that runs batches. */
  start(): RemoteProcess<SimulationFunctions> {
    const execArgv = ['--min-semi-space-size=32', '--max-semi-space-size=64']; // most of what a schedule allocates dies with it
    return startRemote(join(this.#directory, 'simulation/worker.js'), { execArgv });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}
