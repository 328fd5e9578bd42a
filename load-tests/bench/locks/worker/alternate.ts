import { median } from '../../statistics.ts';

export type Operation = () => Promise<unknown>;

/** Medians over the blocks of one operation. */
export interface Timing {
  readonly us: number;
  /** Relative to the first operation's block in the same turn. */
  readonly ratio: number;
}

const perBlock = 25;

/** Rotates the order between rounds, so that drift and leftovers of the previous one favour none. */
export function rotate<T>(values: readonly T[], by: number): T[] {
  const first = values.length > 0 ? by % values.length : 0;
  return [...values.slice(first), ...values.slice(0, first)];
}

/** Times operations in short alternating blocks, in rotating order: a slow phase of the machine affects all alike. */
export async function alternate(operations: readonly Operation[], seconds: number): Promise<Timing[]> {
  const turns: number[][] = []; // microseconds per call, by turn and operation
  const until = performance.now() + seconds * 1000;
  do {
    const us: number[] = [];
    for (const index of rotate([...operations.keys()], turns.length)) {
      const operation = operations[index];
      if (operation) us[index] = await blockUs(operation);
    }
    turns.push(us);
  } while (performance.now() < until);

  const at = (us: readonly number[], index: number) => us[index] ?? Number.NaN;
  return operations.map((_, index) => ({
    us: median(turns.map((us) => at(us, index))),
    ratio: median(turns.map((us) => at(us, index) / at(us, 0))),
  }));
}

async function blockUs(operation: Operation): Promise<number> {
  const startedAt = performance.now();
  for (let n = 0; n < perBlock; n++) await operation();
  return ((performance.now() - startedAt) * 1000) / perBlock;
}
