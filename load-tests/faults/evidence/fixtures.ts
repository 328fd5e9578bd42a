import type { LoadCall, LoadResult } from './load-result.ts';

/** A pay of a load. */
export const callOf = (answer: LoadCall['answer'], invokedAtMs: number, returnedAtMs = invokedAtMs + 10): LoadCall => ({
  userId: 1,
  call: 'pay',
  answer,
  invokedAtMs,
  returnedAtMs,
});

/** A load that is judged from its 100th to its 200th millisecond. */
export const loadOf = (...calls: readonly LoadCall[]): LoadResult => ({
  calls,
  histories: new Map(),
  halfDone: new Map(),
  judged: { fromMs: 100, toMs: 200 },
  isContended: false,
});
