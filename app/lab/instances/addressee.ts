import { z } from 'zod';
import { ProblemError, retryAfter } from '../../http/problem.ts';
import { nameSchema } from '../steps/steps.ts';
import type { InstanceRegistry } from './registry.ts';

export const addresseeHeaders = z.object({
  'X-Lab-Instance': nameSchema
    .optional()
    .describe(
      'The instance that is to execute the request. Any other answers 307 with the same address: behind nginx, a client that follows gets to it.',
    ),
});

/**
 * @returns true if `X-Lab-Instance` names another instance that is up.
 * @throws {ProblemError} `not-found` if no instance of that name is up, `unavailable` if Redis does not answer.
 */
export async function isForAnother(
  wanted: string | undefined,
  self: string,
  registry: Pick<InstanceRegistry, 'list'>,
): Promise<boolean> {
  if (wanted === undefined || wanted === self) return false;
  const instances = await registry.list().catch((cause: unknown) => {
    throw new ProblemError('unavailable', 'The list of instances did not answer. Nothing was done.', {
      headers: retryAfter(0),
      cause,
    });
  });
  const up = instances.filter(({ state }) => state === 'up').map(({ name }) => name);
  if (up.includes(wanted)) return true;
  const detail = `must be the name of an instance that is up: ${up.join(', ')}`;
  throw new ProblemError('not-found', `X-Lab-Instance ${detail}.`, {
    errors: [{ field: 'X-Lab-Instance', detail }],
  });
}
