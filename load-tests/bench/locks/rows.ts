import { contendedRows } from './contended-rows.ts';
import { everyoneWaitsRow } from './everyone-waits-row.ts';
import { hotUserRow } from './hot-user-row.ts';
import { redlockRows } from './redlock-rows.ts';
import type { Row } from './row.ts';
import { uncontendedRow } from './uncontended-row.ts';

/** Everything that can be measured, in order. */
export const rows: readonly Row[] = [uncontendedRow, ...contendedRows, everyoneWaitsRow, ...redlockRows, hotUserRow];
