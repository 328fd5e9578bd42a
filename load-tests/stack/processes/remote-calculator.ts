import { serveParent } from './remote-process.ts';

/** A process for remote-process.test.ts. */
const calculator = {
  add: async (a: bigint, b: bigint) => a + b,
  fail: async (message: string) => {
    throw new RangeError(message);
  },
  exit: (code: number) => process.exit(code),
};
export type Calculator = typeof calculator;

serveParent(calculator);
