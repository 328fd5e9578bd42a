import { Router } from 'express';
import { z } from 'zod';
import { disconnectSignal } from '../../http/disconnect-signal.ts';
import { handle, text } from '../../http/methods.ts';
import { ProblemError, retryAfter } from '../../http/problem.ts';
import { nameSchema } from '../steps/steps.ts';
import type { TraceFeed } from './feed.ts';
import { streamIdPattern } from './ids.ts';
import { streamTiming, streamTrace } from './stream.ts';

const mustBeId = 'must be the id of an event, such as 1732270000000-3';
const idSchema = z.string({ error: mustBeId }).regex(streamIdPattern, { error: mustBeId });
const traceQuery = z.strictObject({ trace: nameSchema.optional(), after: idSchema.optional() });
const traceHeaders = z.object({ 'Last-Event-ID': idSchema.optional() });

const description = `The events start after the one of \`Last-Event-ID\` or \`after\`; without either, from now on. Without \`trace\`, they are of all traces.

- \`event: step\`: one step of one request; \`data\` is JSON.
- \`event: gap\`, \`data: {"lost": true}\`: events after the requested one are missing.
- \`event: trouble\`, \`data: {"redis": "down"}\`, later \`{"redis": "up"}\`: in between no events arrive, and some may be lost.`;

/** Listeners of one instance: each takes memory, above all if it does not read. */
const mostStreams = 100;
/** How long a reader may take to read the rest of an ended stream before it is cut off, in milliseconds. */
const endMs = 200;

/**
 * `GET /lab/trace?trace=…&after=…`: the events include everything done once the answer's headers have arrived.
 *
 * @param ending aborts when the instance shuts down; its listeners reconnect to another instance.
 */
export function traceRoutes(feed: TraceFeed, ending: AbortSignal, timing = streamTiming): Router {
  const router = Router();
  let streams = 0;
  handle(router, '/lab/trace', {
    get: {
      summary: 'Server-sent events of the requests with `X-Lab-Trace`, on all instances.',
      description,
      request: { query: traceQuery, headers: traceHeaders },
      answers: { 200: text('text/event-stream') },
      problems: ['unavailable'],
      async run({ query: { trace, after }, headers: { 'Last-Event-ID': lastId } }, req, res) {
        if (req.method === 'HEAD') return void res.type('text/event-stream').end();
        if (streams >= mostStreams) {
          const detail = `This instance has ${mostStreams} listeners of the trace, and takes no more.`;
          throw new ProblemError('unavailable', detail, { headers: retryAfter(5000) });
        }
        streams += 1;
        const signal = AbortSignal.any([disconnectSignal(res), ending]);
        const listener = feed.listen(lastId ?? after); // the header takes precedence: a browser repeats the query
        try {
          await listener.ready(signal);
          await streamTrace(res, { listener, trace, signal, timing });
        } finally {
          streams -= 1;
          listener.leave();
          res.end();
          setTimeout(() => res.destroy(), endMs).unref(); // a reader that stalls must not delay the shutdown
        }
      },
    },
  });
  return router;
}
