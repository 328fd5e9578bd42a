import express, { type Express, type Request, type Response, type Router } from 'express';
import helmet from 'helmet';
import type { Knex } from 'knex';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { type Config, maxInFlight } from './config.ts';
import { answerErrors } from './http/errors.ts';
import { healthRoutes } from './http/health.ts';
import type { InFlight } from './http/in-flight.ts';
import { openApiRoutes } from './http/openapi.ts';
import { refuseOtherHosts } from './http/origin.ts';
import { ProblemError, retryAfter } from './http/problem.ts';
import { problemRoutes } from './http/problem-routes.ts';
import type { Readiness } from './http/readiness.ts';
import { requestLog } from './http/request-log.ts';
import type { Lab } from './lab/lab.ts';
import { labRoutes } from './lab/routes.ts';
import type { LockMode, LockModes } from './lock-modes/index.ts';
import { problemMetrics, requestMetrics } from './metrics/request-metrics.ts';
import { metricsRoutes } from './metrics/routes.ts';
import { paymentRoutes } from './payments/routes.ts';
import type { PaymentService } from './payments/service.ts';
import type { Users } from './payments/users.ts';
import { webRoutes } from './web/routes.ts';

export interface ServerDeps {
  readonly config: Config;
  readonly log: Logger;
  readonly db: Knex;
  readonly readiness: Readiness;
  readonly modes: LockModes;
  readonly defaultMode: LockMode;
  readonly service: PaymentService;
  /** Only with the lab on. */
  readonly lab: Lab | undefined;
  readonly users: Users;
  readonly jobs: Router;
  readonly inFlight: InFlight;
  readonly isDraining: () => boolean;
  readonly metrics: Registry;
}

/**
 * The page loads only from this service. It is served over plain HTTP, so nothing is upgraded to HTTPS. Headers that only
 * outdated browsers use, or that the policy replaces, are off.
 */
const securityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      imgSrc: ["'self'", 'blob:'], // the page makes a PNG of a diagram that it has drawn itself
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      objectSrc: ["'none'"],
    },
  },
  strictTransportSecurity: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
});

/** Wires the Express application: the routes in the order in which they are tried. */
export function createServer(deps: ServerDeps): Express {
  const { config, log, db, readiness, modes, defaultMode, service, lab, users, jobs, inFlight, isDraining, metrics } =
    deps;
  const { INSTANCE: instance, LOCK_MODE: lockMode, MYSQL_TIMEOUT_MS: timeoutMs } = config;

  const app = express();
  app.disable('x-powered-by').disable('etag');

  app.use(requestLog(log));
  app.use(requestMetrics(metrics));
  app.use((req, res, next) => {
    res.set({ 'X-Request-Id': req.id, 'X-Instance': instance, 'X-Lock-Mode': lockMode });
    // Before anything is begun: the proxy then sends nothing more, and this instance can close its socket.
    if (isDraining() && req.get('X-Elsewhere-On') === '429') {
      throw new ProblemError('draining', 'This instance is shutting down. Nothing was done.', {
        headers: retryAfter(0),
      });
    }
    next();
  });
  app.use(securityHeaders);
  if (lab) app.use(refuseOtherHosts(config.LAB_HOSTS));

  const serviceFor = (req: Request, res: Response) => lab?.serviceFor(req, res) ?? service;
  const requiresKey = config.IDEMPOTENCY === 'required';
  const reconciles = config.JOBS && config.RECONCILE === 'repair';
  // First: the hot path.
  app.use(
    paymentRoutes({
      serviceFor,
      users,
      modes,
      defaultMode,
      lab,
      inFlight,
      maxInFlight: maxInFlight(config),
      requiresKey,
      reconciles,
    }),
  );
  app.use(healthRoutes({ instance, inFlight, isDraining, readiness }));
  app.use(metricsRoutes(metrics));
  app.use(jobs);
  if (lab) {
    app.use(labRoutes({ db, users, timeoutMs }));
    app.use(lab.routes);
  }
  app.use(problemRoutes());
  app.use(openApiRoutes(app));
  app.use(webRoutes());
  app.use((req) => {
    throw new ProblemError('not-found', `Nothing at ${req.path}.`);
  });
  app.use(answerErrors(log, problemMetrics(metrics)));
  return app;
}
