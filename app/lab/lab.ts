import { type Request, type Response, Router } from 'express';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Statements } from '../database/statements.ts';
import type { InFlight } from '../http/in-flight.ts';
import type { LockModes } from '../lock-modes/index.ts';
import { lockModeNames } from '../lock-modes/registry.ts';
import type { Processor } from '../payments/processor.ts';
import type { LabHeaders } from '../payments/routes.ts';
import { createPaymentService, type PaymentService, type PaymentServiceOptions } from '../payments/service.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { withTimeout } from '../with-timeout.ts';
import { faultRoutes } from './faults/routes.ts';
import type { LockServer } from './held-locks/held-locks.ts';
import { heldLocksRoutes } from './held-locks/routes.ts';
import { addresseeHeaders, isForAnother } from './instances/addressee.ts';
import { registerInstance } from './instances/registry.ts';
import { instancesRoutes } from './instances/routes.ts';
import { stepsRoutes } from './steps/routes.ts';
import { createSteps, stepsAnswerHeaders, stepsHeaders } from './steps/steps.ts';
import { createTraceFeed } from './trace/feed.ts';
import { createOverwritten } from './trace/overwritten.ts';
import { traceRoutes } from './trace/routes.ts';
import { createTraceSink } from './trace/sink.ts';
import { createTrace, traceHeaders } from './trace/trace.ts';

export interface LabOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly redis: RedisConnection;
  readonly lockServers: readonly LockServer[];
  readonly statements: Statements;
  readonly modes: LockModes;
  readonly inFlight: InFlight;
  /** The dependencies of the payment service. */
  readonly payments: PaymentServiceOptions;
  /** Aborts when the instance shuts down. */
  readonly ending: AbortSignal;
}

/** The parts of an instance that exist only with the lab on. */
export interface Lab {
  readonly routes: Router;
  /** Of a pay or a cancel. */
  readonly headers: LabHeaders;
  /**
   * @returns the service for a request that asked to be stepped, traced or both; undefined for any other.
   * @throws {ProblemError} if a lab header is invalid.
   */
  serviceFor(req: Request, res: Response): PaymentService | undefined;
  /**
   * @returns true if the request is for another instance: `X-Lab-Instance` names one that is up.
   * @throws {ProblemError} if it names none that is.
   */
  isForAnother(name: string | undefined): Promise<boolean>;
  /** Flushes the trace. Never throws. */
  close(): Promise<void>;
}

/** The caller closes it, before its Redis. */
export function openLab(options: LabOptions): Lab {
  const { config, log, redis, lockServers, statements, modes, inFlight, payments, ending } = options;
  const { INSTANCE: instance, LOCK_MODE: lockMode, REDIS_TIMEOUT_MS: timeoutMs } = config;

  const steps = createSteps({ redis, redisTimeoutMs: timeoutMs, instance, ending, payments });
  const onLost = (count: number) => log.warn({ count }, 'trace events lost');
  const sink = createTraceSink(redis, timeoutMs, onLost);
  const findOverwritten = createOverwritten(statements);
  const trace = createTrace({
    instance,
    processor: payments.processor,
    findOverwritten: (...write) => inFlight.run(() => findOverwritten(...write)),
    push: sink.push,
  });

  const startedAt = new Date().toISOString();
  const self = () => ({ name: instance, lockMode, startedAt, inFlight: inFlight.count });
  const registry = registerInstance(redis, timeoutMs, self);

  const routes = Router();
  routes.use(stepsRoutes(steps.board));
  routes.use(traceRoutes(createTraceFeed(redis, timeoutMs), ending));
  routes.use(
    instancesRoutes({
      registry,
      self,
      settings: {
        lockMode,
        lockKey: config.LOCK_KEY,
        modes: lockModeNames.filter((name) => modes[name]),
        gatewayMs: config.GATEWAY_MS,
        lockTtlMs: config.LOCK_TTL_MS,
        lockWaitMs: config.LOCK_WAIT_MS,
      },
      pings: {
        redis: async () => void (await withTimeout(redis.ping(), timeoutMs, 'Redis')),
        database: async () => void (await statements.select('SELECT 1')),
      },
    }),
  );
  routes.use(heldLocksRoutes(lockServers, timeoutMs));
  routes.use(faultRoutes());

  return {
    routes,
    headers: {
      request: stepsHeaders.extend(traceHeaders.shape).extend(addresseeHeaders.shape),
      answer: stepsAnswerHeaders,
    },
    isForAnother: (name) => isForAnother(name, instance, registry),
    serviceFor(req, res) {
      // The trace is innermost, so that the time of a hold does not count as part of a step.
      const on = (processor: Processor) =>
        steps.serviceFor(req, res, processor) ?? createPaymentService({ ...payments, processor });
      return trace.serviceFor(req, res, on) ?? steps.serviceFor(req, res);
    },
    async close() {
      await Promise.all([registry.leave(), sink.flushed()]);
    },
  };
}
