import { median } from '../statistics.ts';
import { rotate } from './rounds.ts';

/** One of several things to time. */
export type Operation = () => Promise<unknown>;

/** Of one operation: the medians of its blocks. */
export interface Timing {
  readonly us: number;
  /** To the block of the first operation in the same turn. */
  readonly ratio: number;
}

const perBlock = 25;

/**
 * Times operations in short blocks in turn, each turn in another order: whatever slows the machine down hits all alike.
 *
 * @returns for each operation, what it took; the ratios are to the first of them
 */
export async function alternate(operations: readonly Operation[], seconds: number): Promise<Timing[]> {
  const turns: number[][] = []; // microseconds for one operation, by turn and operation
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
