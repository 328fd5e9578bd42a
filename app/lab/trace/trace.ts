import type { Request, Response } from 'express';
import { z } from 'zod';
import { ProblemError } from '../../http/problem.ts';
import { valid } from '../../http/validation.ts';
import type { Outcome } from '../../payments/outcome.ts';
import type { Processor } from '../../payments/processor.ts';
import type { PaymentService } from '../../payments/service.ts';
import { nameSchema } from '../steps/steps.ts';
import type { FindOverwritten } from './overwritten.ts';
import { tracedPorts } from './ports.ts';
import { createRecorder, type RecordedEvent, type Recorder } from './recorder.ts';

export interface TraceOptions {
  readonly instance: string;
  readonly processor: Processor;
  readonly findOverwritten: FindOverwritten;
  /** Receives each event synchronously; must not throw. */
  readonly push: (event: RecordedEvent) => void;
}

/** The trace of one instance. */
export interface Trace {
  /**
   * Records each step of a request with `X-Lab-Trace: <trace>`. Other requests are not affected.
   *
   * @param serviceOn creates the service on the given processor.
   * @returns the service for a traced request; undefined for any other.
   * @throws {ProblemError} if the header is invalid.
   */
  serviceFor(
    req: Request,
    res: Response,
    serviceOn: (processor: Processor) => PaymentService,
  ): PaymentService | undefined;
}

export const traceHeaders = z.object({
  'X-Lab-Trace': nameSchema.optional().describe('The trace in which the steps of this request are recorded.'),
});

export function createTrace({ instance, processor, findOverwritten, push }: TraceOptions): Trace {
  return {
    serviceFor(req, res, serviceOn) {
      const { 'X-Lab-Trace': trace } = valid(traceHeaders, { 'X-Lab-Trace': req.get('X-Lab-Trace') }, 'headers');
      if (trace === undefined) return undefined;
      return {
        async execute(request) {
          const { requestId, kind, userId, amount } = request;
          const known = { trace, requestId, kind, userId, amount, instance, mode: request.mode.name };
          const recorder = createRecorder(known, push);
          const ports = tracedPorts(
            { mode: request.mode, processor },
            {
              command: { kind, amount },
              recorder,
              overwrittenBy: (attemptId) => findOverwritten(userId, attemptId),
            },
          );
          recorder.record('arrived');
          try {
            const outcome = await serviceOn(ports.processor).execute({ ...request, mode: ports.mode });
            recordAnswer(res, recorder, nameOf(outcome));
            return outcome;
          } catch (error) {
            recordAnswer(res, recorder, error instanceof ProblemError ? error.type : 'internal');
            throw error;
          }
        },
      };
    },
  };
}

function nameOf(outcome: Outcome): string {
  return outcome.outcome === 'answered' ? outcome.answer : outcome.outcome;
}

/** Records the answer once it is sent, or once the client has disconnected. */
function recordAnswer(res: Response, recorder: Recorder, outcome: string): void {
  const record = () =>
    recorder.record('answered', { outcome, ...(res.writableFinished && { httpStatus: res.statusCode }) });
  if (res.closed) record();
  else res.once('close', record);
}
