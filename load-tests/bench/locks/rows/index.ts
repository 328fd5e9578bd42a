import { contendedRows } from './contended.ts';
import { everyoneWaitsRow } from './everyone-waits.ts';
import { hotUserRow } from './hot-user.ts';
import { redlockRows } from './redlock.ts';
import type { Row } from './row.ts';
import { uncontendedRow } from './uncontended.ts';

/** All benchmarks, in running order. */
export const rows: readonly Row[] = [uncontendedRow, ...contendedRows, everyoneWaitsRow, ...redlockRows, hotUserRow];
