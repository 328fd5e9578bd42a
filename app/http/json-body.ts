import express, { type RequestHandler } from 'express';
import { ProblemError } from './problem.ts';

const refuseOtherMediaTypes: RequestHandler = (req, _res, next) => {
  // `is` is null where there is no body at all: that is for the validation to say.
  if (req.is('application/json') === false) {
    throw new ProblemError('unsupported-media-type', 'The body must be application/json.', {
      errors: [{ field: 'Content-Type', detail: 'must be application/json' }],
    });
  }
  next();
};

/** Parses a JSON body of at most 16 KiB, and refuses any other media type. */
export const jsonBody: RequestHandler[] = [
  refuseOtherMediaTypes,
  express.json({ limit: '16kb', type: 'application/json', strict: false }),
];
