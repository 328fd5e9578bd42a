import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { LiveFaults } from '../../../lab/faults/fault.ts';
import { fetchFaults, healFault, injectFault } from '../api/faults.ts';
import type { Fetched } from '../api/http.ts';
import { errorOf, type LabError } from '../state/errors.ts';
import type { LabState } from './lab-state.ts';

/** The live faults of the lab. */
export interface FaultBoard {
  /** As they were read last; undefined before. The same object while nothing has changed. */
  readonly faults: ReadonlySignal<LiveFaults | undefined>;
  /** Why the last command failed, until the next one; else why the faults could not be read. */
  readonly error: ReadonlySignal<LabError | undefined>;
  /** Injects a fault that heals by itself after `forMs`. */
  inject(name: string, forMs: number): Promise<void>;
  heal(name: string): Promise<void>;
}

const faultsEveryMs = 3000;
/** Time that healing takes, at a guess. Later polls find the rest. */
const healsWithinMs = 300;

export function createFaultBoard(lab: LabState): FaultBoard {
  const faults = signal<LiveFaults | undefined>();
  const commandError = signal<LabError | undefined>();
  const readError = signal<LabError | undefined>();
  let asked = 0;
  let newest = 0;

  function take(fetched: Fetched<LiveFaults>): void {
    if (fetched.outcome !== 'ok' || JSON.stringify(fetched.body) === JSON.stringify(faults.value)) return;
    faults.value = fetched.body;
  }
  async function look(): Promise<void> {
    if (faults.value?.offered === false) return;
    asked += 1;
    const number = asked;
    const fetched = await fetchFaults();
    if (number <= newest) return; // a later answer was faster
    newest = number;
    readError.value = errorOf(fetched);
    take(fetched);
  }
  async function command(send: () => Promise<Fetched<LiveFaults>>): Promise<void> {
    commandError.value = undefined;
    const fetched = await send();
    newest = asked; // what was read before this answer is older
    commandError.value = errorOf(fetched);
    take(fetched);
  }
  void lab.known.then(() => lab.lab.value === 'on' && lab.watch(faultsEveryMs, look));

  return {
    faults,
    error: computed(() => commandError.value ?? readError.value),
    async inject(name, forMs) {
      await command(() => injectFault(name, forMs));
      setTimeout(look, forMs + healsWithinMs); // a run pauses the polling
    },
    heal: (name) => command(() => healFault(name)),
  };
}
