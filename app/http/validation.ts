import { z } from 'zod';
import { type FieldError, ProblemError } from './problem.ts';
import type { ProblemType } from './problems.ts';

/** Ids are unsigned 32-bit integers in the database. */
const largestId = 4_294_967_295;
/** Eight digits, in minor units: the limit of processors such as Stripe for one charge. */
const largestAmount = 99_999_999;

const mustBeWhole = (min: number, max: number, unit: string) => `must be a whole number from ${min} to ${max}${unit}`;

/** A whole number in JSON. `unit` ends the error message, as in `, in milliseconds`. */
export function wholeNumber(min: number, max: number, unit = '') {
  const error = mustBeWhole(min, max, unit);
  return z.int({ error, abort: true }).min(min, { error }).max(max, { error });
}

/** A whole number in decimal digits, for paths, queries and headers. */
export function decimal(min: number, max: number, unit = '') {
  const error = mustBeWhole(min, max, unit);
  return z
    .string({ error })
    .regex(/^(0|[1-9]\d{0,9})$/, { error })
    .transform(Number)
    .pipe(wholeNumber(min, max, unit));
}

/** A JSON object with exactly these fields. The error for any other input shows `example`. */
export function jsonObject<S extends z.ZodRawShape>(shape: S, example: string) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? `must be a JSON object such as ${example}` : undefined),
  });
}

export const userPath = z.object({ id: decimal(1, largestId) });

/** The longest key, without its quotes. */
const longestKey = 255;
const keyRule = `must be 1 to ${longestKey} visible ASCII characters, in quotes or without, and no space at either end`;

/** `Idempotency-Key`: a string of RFC 8941 in quotes, as the draft asks, or bare, as most clients send it: the same key. */
export const idempotencyKey = z
  .string()
  .regex(/^("([ !#-[\]-~]|\\["\\])+"|[!#-~][!-~]*)$/, { error: keyRule })
  .transform((text) => (text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text))
  .pipe(
    z
      .string()
      .regex(/^\S(.*\S)?$/, { error: keyRule }) // the database compares without spaces at the end
      .max(longestKey, { error: keyRule }),
  );

const intentRule = `must be 1 to ${longestKey} visible ASCII characters`;

/** `X-Lab-Intent`. */
export const labIntent = z
  .string()
  .regex(/^[!-~]+$/, { error: intentRule })
  .max(longestKey, { error: intentRule });

export const paymentBody = jsonObject(
  { amount: wholeNumber(1, largestAmount, ', in minor units') },
  '{"amount": 4900}',
);

export const usersPage = z.strictObject({
  limit: decimal(1, 1000).default(100),
  after: decimal(0, largestId).default(0),
});

/**
 * @param whole the input's name in an error about the input as a whole, such as `body`.
 * @throws {ProblemError} with each invalid field and what it must be: `invalid-request`, or the problem that a refinement
 *   names in its `params`.
 */
export function valid<S extends z.ZodType>(schema: S, input: unknown, whole: string): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue): FieldError[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((field) => ({ field, detail: 'is unknown: leave it out' }));
    }
    return [{ field: issue.path.join('.') || whole, detail: issue.message }];
  });
  const named = parsed.error.issues.flatMap((issue) => (issue.code === 'custom' ? (issue.params?.problem ?? []) : []));
  const problem: ProblemType = named[0] ?? 'invalid-request';
  throw new ProblemError(problem, errors.map(({ field, detail }) => `${field} ${detail}`).join('; '), {
    errors,
  });
}
