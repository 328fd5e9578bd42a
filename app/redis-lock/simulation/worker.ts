import { createBirpc } from 'birpc';
import { runBatch } from './batch.ts';

// A process that is forked to run batches.
Error.stackTraceLimit = 0; // the errors of lost connections are many, and not read
const functions = { runBatch };
createBirpc<object, typeof functions>(functions, {
  post: (message) => process.send?.(message),
  on: (receive) => void process.on('message', receive),
});
process.once('disconnect', () => process.exit());

export type SimulationFunctions = typeof functions;
