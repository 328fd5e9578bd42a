import { Router } from 'express';
import { z } from 'zod';
import { disconnectSignal } from '../../http/disconnect-signal.ts';
import { handle } from '../../http/methods.ts';
import { valid } from '../../http/validation.ts';
import { nameSchema } from '../steps/steps.ts';
import type { TraceFeed } from './feed.ts';
import { streamIdPattern } from './ids.ts';
import { streamTiming, streamTrace } from './stream.ts';

const mustBeId = 'must be the id of an event, such as 1732270000000-3';
const idSchema = z.string({ error: mustBeId }).regex(streamIdPattern, { error: mustBeId });
const traceQuery = z.strictObject({ trace: nameSchema.optional(), after: idSchema.optional() });
const traceHeaders = z.object({ 'Last-Event-ID': idSchema.optional() });

/** How long a stream that has been ended may take to be read to its end, before it is cut off. */
const endMs = 200;

/**
 * `GET /lab/trace?trace=…&after=…`: what the requests with `X-Lab-Trace` do, at whichever instance, as server-sent
 * events; without `trace`, all of them. After the event of `Last-Event-ID` or `after`; without either, from now on: what
 * is done once the answer's head is there is in it.
 *
 * - `event: step`, `id: …`, `data:` a {@link TraceEvent}.
 * - `event: gap`, `data: {"lost": true}`: some events after the one that was asked for are there no more.
 * - `event: trouble`, `data: {"redis": "down"}`, later `{"redis": "up"}`: meanwhile nothing can come, and what is done
 *   may be missing for good.
 *
 * @param ending aborts when the instance is to end: its listeners go on at another one.
 */
export function traceRoutes(feed: TraceFeed, ending: AbortSignal, timing = streamTiming): Router {
  const router = Router();
  handle(router, '/lab/trace', {
    get: async (req, res) => {
      const { trace, after } = valid(traceQuery, req.query, 'query');
      const given = { 'Last-Event-ID': req.get('Last-Event-ID') };
      const { 'Last-Event-ID': lastId } = valid(traceHeaders, given, 'headers'); // newer: a browser repeats the query
      if (req.method === 'HEAD') return void res.type('text/event-stream').end();
      const signal = AbortSignal.any([disconnectSignal(res), ending]);
      const listener = feed.listen(lastId ?? after);
      try {
        await listener.ready(signal);
        await streamTrace(res, { listener, trace, signal, timing });
      } finally {
        listener.leave();
        res.end();
        setTimeout(() => res.destroy(), endMs).unref(); // who does not read must not hold the instance's end up
      }
    },
  });
  return router;
}
