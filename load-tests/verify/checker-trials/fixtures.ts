import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Operation } from '../operation.ts';

/** A hand-written history, named for what it shows. */
export interface HistoryFixture {
  readonly name: string;
  readonly linearizable: boolean;
  readonly history: readonly Operation[];
}

const time = z.number();
const operation = z
  .union([
    z.tuple([time, time, z.literal('pay'), z.enum(['paid', 'already_paid', 'unknown'])]),
    z.tuple([time, time, z.literal('cancel'), z.enum(['cancelled', 'nothing_to_cancel', 'unknown'])]),
    z.tuple([time, time, z.literal('read'), z.enum(['free', 'paid'])]),
  ])
  .transform(([invokedAtMs, returnedAtMs, call, answer]) => ({ invokedAtMs, returnedAtMs, call, answer }) as Operation);

/**
 * Reads `histories/linearizable` and `histories/not-linearizable`. A file is a history of operations
 * `[invokedAtMs, returnedAtMs, call, answer]`.
 */
export function readHistoryFixtures(): HistoryFixture[] {
  return (['linearizable', 'not-linearizable'] as const).flatMap((folder) => {
    const directory = new URL(`histories/${folder}/`, import.meta.url);
    return readdirSync(directory).map((file) => ({
      name: file.replace(/\.json$/, '').replaceAll('-', ' '),
      linearizable: folder === 'linearizable',
      history: z.array(operation).parse(JSON.parse(readFileSync(new URL(file, directory), 'utf8'))),
    }));
  });
}
