import { expect, test } from 'vitest';
import { hadNoEffect, isDatabaseUnreachable } from '../database/errors.ts';
import type { Statements } from '../database/statements.ts';
import { createProcessor, type Processor } from './processor.ts';

const known = Object.assign(new Error('Duplicate entry'), { code: 'ER_DUP_ENTRY' });
const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
const call = { key: 'key-1/pass-1', attempt: { id: 'key-1', requestId: 'r' } };

/** A ledger that knows the key already, and cannot be read. */
const statements = {
  change: () => Promise.reject(known),
  select: () => Promise.reject(refused),
} as unknown as Statements;

// As after a retry, which has made the call while this execution was frozen.
test.each<[string, (processor: Processor) => Promise<unknown>]>([
  ['charge', (processor) => processor.charge(7, 4900, call)],
  ['refund', (processor) => processor.refund(1, call)],
])('a %s that the ledger knows has had an effect, also if its answer cannot be read', async (_, run) => {
  const error = await run(createProcessor(statements, { instance: 'test', gatewayMs: 0 })).catch((thrown) => thrown);
  expect([isDatabaseUnreachable(error), hadNoEffect(error)]).toEqual([true, false]);
});
