import { type Name, names } from './stepping.ts';

/** One turn of a request, as it was played. */
export interface Turn {
  readonly name: Name;
  /** The requests that could move before it: neither ended nor blocked. */
  readonly could: readonly Name[];
  /** True if the guard blocked the request at its first turn. */
  readonly blocked: boolean;
}

/** Read, charge or refund, and write. */
const stepsEach = 3;

/** The 20 orders of three steps of the pay (`A`) and three of the cancel (`B`): AAABBB, AABABB, … BBBAAA. */
export const orders: readonly string[] = ordersFrom(stepsEach, stepsEach);

function ordersFrom(pays: number, cancels: number): string[] {
  if (pays + cancels === 0) return [''];
  return [
    ...(pays > 0 ? ordersFrom(pays - 1, cancels).map((rest) => `A${rest}`) : []),
    ...(cancels > 0 ? ordersFrom(pays, cancels - 1).map((rest) => `B${rest}`) : []),
  ];
}

/**
 * The request whose turn it is in an order. A request that has ended is skipped. While the guard blocks one, its rival goes
 * on; its own turns follow once it is admitted. What is left after the order runs with the pay first. So `npm run
 * interleavings` plays them, too.
 *
 * @param could the requests that can move now.
 * @returns undefined if none can.
 */
export function nextInOrder(order: string, turns: readonly Turn[], could: readonly Name[]): Name | undefined {
  const due = [...order] as Name[];
  for (const { name, blocked } of turns) {
    const at = blocked ? -1 : due.indexOf(name);
    if (at >= 0) due.splice(at, 1);
  }
  return [...due, ...names].find((name) => could.includes(name));
}

/** @returns the orders in which exactly these turns are played: several, if a request ended early or was blocked. */
export function ordersOf(turns: readonly Turn[]): string[] {
  return orders.filter((order) =>
    turns.every(({ name, could }, index) => nextInOrder(order, turns.slice(0, index), could) === name),
  );
}
