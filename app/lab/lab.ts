import { type Request, type Response, Router } from 'express';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Statements } from '../database/statements.ts';
import type { InFlight } from '../http/in-flight.ts';
import type { LockModes } from '../lock-modes/index.ts';
import type { Processor } from '../payments/processor.ts';
import { createPaymentService, type PaymentService, type PaymentServiceOptions } from '../payments/service.ts';
import { withTimeout } from '../with-timeout.ts';
import { joinFleet } from './instances/registry.ts';
import { fleetRoutes } from './instances/routes.ts';
import { heldLocksRoutes } from './held-locks/routes.ts';
import { stepsRoutes } from './steps/routes.ts';
import { createSteps } from './steps/steps.ts';
import { createTraceFeed } from './trace/feed.ts';
import { createOverwritten } from './trace/overwritten.ts';
import { traceRoutes } from './trace/routes.ts';
import { createTraceSink } from './trace/sink.ts';
import { createTrace } from './trace/trace.ts';

export interface LabOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly redis: Redis;
  readonly redlockNodes: readonly Redis[] | undefined;
  readonly statements: Statements;
  readonly modes: LockModes;
  readonly inFlight: InFlight;
  /** What the service is made of that settles a request which asks for nothing of the lab. */
  readonly payments: PaymentServiceOptions;
  /** Aborts when the instance is to end. */
  readonly ending: AbortSignal;
}

/** What an instance has with the lab on, and is nowhere without it: see the routes. */
export interface Lab {
  readonly routes: Router;
  /**
   * @returns the service that leads the request step by step, writes down what it does, or both; undefined for a request
   *   that has asked for neither. @throws {ProblemError} when a header of the lab's is wrong.
   */
  serviceFor(req: Request, res: Response): PaymentService | undefined;
  /** Sends what is still to be sent. Never throws. */
  close(): Promise<void>;
}

/** Whoever opens it closes it, before its Redis. */
export function openLab(options: LabOptions): Lab {
  const { config, log, redis, redlockNodes, statements, modes, inFlight, payments, ending } = options;
  const { INSTANCE: instance, LOCK_MODE: lockMode, REDIS_TIMEOUT_MS: timeoutMs } = config;

  const steps = createSteps({ redis, redisTimeoutMs: timeoutMs, instance, payments });
  const onLost = (count: number) => log.warn({ count }, 'events of the trace were lost');
  const sink = createTraceSink(redis, timeoutMs, onLost);
  const findOverwritten = createOverwritten(statements, instance);
  const trace = createTrace({
    instance,
    processor: payments.processor,
    findOverwritten: (write) => inFlight.run(() => findOverwritten(write)),
    push: sink.push,
  });

  const startedAt = new Date().toISOString();
  const self = () => ({ name: instance, lockMode, startedAt, inFlight: inFlight.count });
  const fleet = joinFleet(redis, timeoutMs, self);

  const routes = Router();
  routes.use(stepsRoutes(steps.board));
  routes.use(traceRoutes(createTraceFeed(redis, timeoutMs), ending));
  routes.use(
    fleetRoutes({
      fleet,
      self,
      settings: {
        lockMode,
        lockKey: config.LOCK_KEY,
        modes: Object.keys(modes),
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
  const nodes = (redlockNodes ?? []).map((node, index) => ({ name: `redlock-${index + 1}`, redis: node }));
  routes.use(heldLocksRoutes([{ name: 'redis', redis }, ...nodes], timeoutMs));

  return {
    routes,
    serviceFor(req, res) {
      // The trace is innermost: what a step is held for is then no part of the time that it took.
      const on = (processor: Processor) =>
        steps.serviceFor(req, res, processor) ?? createPaymentService({ ...payments, processor });
      return trace.serviceFor(req, res, on) ?? steps.serviceFor(req, res);
    },
    async close() {
      await Promise.all([fleet.leave(), sink.flushed()]);
    },
  };
}
