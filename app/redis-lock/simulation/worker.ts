import { type Batch, runBatch } from './batch.ts';

// A process that is forked to run batches.
Error.stackTraceLimit = 0; // the errors of lost connections are many, and not read
process.on('message', async (batch: Batch) => process.send?.(await runBatch(batch)));
