import { ProblemError } from '../../../app/http/problem.ts';
import type { FaultControl, LiveFault, PastFault } from '../../../app/lab/faults/fault.ts';
import { toError } from '../../../app/thrown.ts';
import type { Fault } from '../context/faults.ts';

/** A fault that visitors of the lab can inject. */
export interface OfferedFault extends Fault {
  readonly name: string;
  readonly kind: LiveFault['kind'];
}

/** Number of past faults to keep. */
const mostPast = 50;

interface State {
  state: LiveFault['state'];
  healsAtMs?: number;
  timer?: NodeJS.Timeout;
  /** Its entry among the past faults. */
  past?: PastFault & { toMs?: number };
  /** The injection, then the healing: at most one at a time. */
  work: Promise<void>;
}

/**
 * Controls faults: one at a time for each target, each healed after its time.
 *
 * @param say called with a line for each fault that begins, ends or fails.
 */
export function createFaultControl(
  offered: readonly OfferedFault[],
  say: (message: string) => void,
): FaultControl & { end(): Promise<void> } {
  const states = new Map(offered.map((fault): [OfferedFault, State] => [fault, initial()]));
  const past: PastFault[] = [];
  let hasEnded = false;

  function find(name: string): [OfferedFault, State] {
    for (const [fault, state] of states) if (fault.name === name) return [fault, state];
    const names = offered.map((fault) => fault.name).join(', ');
    throw new ProblemError('unknown-fault', `No fault is named "${name}". There are ${names}.`);
  }

  function expectUnaffected({ targets }: OfferedFault): void {
    for (const [other, { state }] of states) {
      const shared = other.targets.find((target) => targets.includes(target));
      if (state === 'healed' || shared === undefined) continue;
      throw new ProblemError('fault-in-progress', `${shared} is affected already: ${other.what}.`);
    }
  }

  async function inject(name: string, forMs: number): Promise<void> {
    const [fault, state] = find(name);
    if (hasEnded) throw new ProblemError('faults-not-offered', 'The lab is ending. Nothing was done.');
    expectUnaffected(fault);
    state.state = 'injecting';
    delete state.past; // of an earlier injection
    const fromMs = Date.now();
    const { what, targets } = fault;
    const injected = fault.inject();
    state.work = injected.catch(() => {});
    try {
      await injected;
    } catch (error) {
      const { message } = toError(error);
      say(`fault failed: ${what}: ${message}`);
      await heal(name); // it may have taken effect in part
      throw new ProblemError('unavailable', `The fault could not be injected: ${message}`);
    }
    say(`fault: ${what}`);
    state.state = 'active';
    state.past = { name, what, targets: [...targets], fromMs };
    past.push(state.past);
    past.splice(0, past.length - mostPast);
    if (hasEnded) return;
    state.healsAtMs = Date.now() + forMs;
    state.timer = setTimeout(() => void heal(name).catch(() => {}), forMs);
  }

  async function heal(name: string): Promise<void> {
    const [fault, state] = find(name);
    await state.work; // an injection in progress ends first
    if (state.state === 'healed') return;
    if (state.state === 'healing') return state.work;
    state.state = 'healing';
    clearTimeout(state.timer);
    delete state.healsAtMs;
    const healed = fault.heal();
    state.work = healed.catch(() => {});
    try {
      await healed;
      say(`healed: ${fault.what}`);
      state.state = 'healed';
    } catch (error) {
      const { message } = toError(error);
      say(`healing failed: ${fault.what}: ${message}`);
      state.state = 'active';
      throw new ProblemError('unavailable', `The fault could not be healed: ${message}`);
    } finally {
      if (state.past && state.state === 'healed') state.past.toMs = Date.now();
    }
  }

  return {
    list: () => ({
      faults: [...states].map(([{ name, kind, what, targets }, { state, healsAtMs }]) => ({
        name,
        kind,
        what,
        targets: [...targets],
        state,
        ...(healsAtMs !== undefined && { healsAtMs }),
      })),
      past: past.map((entry) => ({ ...entry })),
    }),
    inject,
    heal,
    async end() {
      hasEnded = true;
      for (const { timer } of states.values()) clearTimeout(timer);
      await Promise.all([...states.values()].map(({ work }) => work));
    },
  };
}

const initial = (): State => ({ state: 'healed', work: Promise.resolve() });
