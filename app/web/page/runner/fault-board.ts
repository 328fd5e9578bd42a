import { type ReadonlySignal, signal } from '@preact/signals';
import type { LiveFaults } from '../../../lab/faults/fault.ts';
import { fetchFaults, healFault, injectFault } from '../api/faults.ts';
import type { Fetched } from '../api/http.ts';
import { errorOf, type LabError } from '../state/errors.ts';
import type { LabState } from './lab-state.ts';

/** The live faults of the lab. */
export interface FaultBoard {
  /** As they were read last; undefined before. */
  readonly faults: ReadonlySignal<LiveFaults | undefined>;
  /** Why the last command failed, or the faults could not be read; undefined otherwise. */
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
  const error = signal<LabError | undefined>();

  function take(fetched: Fetched<LiveFaults>): void {
    if (fetched.outcome === 'ok') faults.value = fetched.body;
    error.value = errorOf(fetched);
  }
  async function look(): Promise<void> {
    if (faults.value?.offered !== false) take(await fetchFaults());
  }
  void lab.known.then(() => lab.lab.value === 'on' && lab.watch(faultsEveryMs, look));

  return {
    faults,
    error,
    async inject(name, forMs) {
      take(await injectFault(name, forMs));
      setTimeout(look, forMs + healsWithinMs); // a run pauses the polling
    },
    heal: async (name) => take(await healFault(name)),
  };
}
