/** What is fixed about one type of problem. */
export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  readonly means: string;
  /** Whether the service sends `Retry-After` with it. */
  readonly retry?: true;
}

/** Every problem that this service answers with, by the last segment of its `type`. The types are stable. */
export const problems = {
  'invalid-request': {
    status: 400,
    title: 'The request is not valid',
    means: '`errors` names each invalid part of the request and what it must be. Nothing was done.',
  },
  'invalid-json': {
    status: 400,
    title: 'The body is not JSON',
    means: 'The body could not be parsed as JSON. Nothing was done.',
  },
  'bad-request': {
    status: 400,
    title: 'The request is malformed',
    means: 'The request is not valid HTTP.',
  },
  'cross-site': {
    status: 403,
    title: 'The request comes from another site',
    means: 'A page of another site, open in the same browser, has sent it. Nothing was done.',
  },
  'unknown-host': {
    status: 421,
    title: 'The host is not one of this lab',
    means: 'The lab answers at addresses, at names without a dot, and at the names in `LAB_HOSTS`. Nothing was done.',
  },
  'not-found': { status: 404, title: 'Not found', means: 'No resource has this path.' },
  'unknown-user': { status: 404, title: 'No such user', means: 'No user has this id. Nothing was done.' },
  'unknown-job': { status: 404, title: 'No such job', means: 'No job has this name. Nothing was done.' },
  'unknown-fault': { status: 404, title: 'No such fault', means: 'No fault has this name. Nothing was done.' },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    means: 'The resource exists; `Allow` lists the methods that it takes.',
  },
  'lock-busy': {
    status: 409,
    title: 'Another request for this payment is in progress',
    means:
      'For the whole wait, other requests held the lock, or wrote first each time. Nothing has changed; try again after `Retry-After`.',
    retry: true,
  },
  'stale-write': {
    status: 409,
    title: 'The charge was refunded while the payment was in progress',
    means:
      'A cancel, or the reconcile job, refunded the charge before the payment was answered. The charge stays refunded.',
  },
  draining: {
    status: 429,
    title: 'This instance is shutting down',
    means:
      'Only a proxy that asks for it with `X-Elsewhere-On: 429` gets this answer, and then asks another instance. Nothing was done.',
    retry: true,
  },
  'lease-lost': {
    status: 503,
    title: 'The lock was lost during the request',
    means:
      'The lease ended before the flag was written: it could not be renewed, or the lock was no longer there. What had been charged was refunded; try again after `Retry-After`.',
    retry: true,
  },
  'idempotency-key-in-use': {
    status: 409,
    title: 'A request with this key is in progress',
    means:
      'An earlier request with the same `Idempotency-Key` has not ended, or its instance has died; try again after `Retry-After`.',
    retry: true,
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The key belongs to another request',
    means: 'The `Idempotency-Key` was first sent with another command or amount. Nothing was done.',
  },
  'idempotency-key-missing': {
    status: 400,
    title: 'The request has no Idempotency-Key',
    means: 'This service requires the header with every pay and cancel. Nothing was done.',
  },
  'job-busy': {
    status: 409,
    title: 'The job cannot be run here now',
    means:
      'An instance is running it, or has just run it and still holds its lock; or only the leader may run it, and this instance is not the leader. Nothing was done; try again after `Retry-After`.',
    retry: true,
  },
  'fault-in-progress': {
    status: 409,
    title: 'Another fault is in progress',
    means: 'A fault already affects one of the targets. Nothing was done; heal that fault first.',
  },
  'faults-not-offered': {
    status: 409,
    title: 'No faults can be injected here',
    means: 'Only `npm start` injects faults, into the servers that it has started. Nothing was done.',
  },
  'too-large': { status: 413, title: 'The body is too large', means: 'The limit is 16 KiB. Nothing was done.' },
  'unsupported-media-type': {
    status: 415,
    title: 'The body is not application/json',
    means: 'Bodies must be application/json in UTF-8. Nothing was done.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    means: 'It was not complete in time.',
  },
  'length-required': {
    status: 411,
    title: 'The request has no Content-Length',
    means: 'From nginx. Nothing was done.',
  },
  'path-too-long': {
    status: 414,
    title: 'The path is too long',
    means: 'nginx accepts a path of at most 8 KiB. Nothing was done.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    means: 'nginx accepts headers of at most 8 KiB each. Nothing was done.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    means: 'A bug in the service, logged with the request id. Whether anything was done is unknown.',
  },
  unavailable: {
    status: 503,
    title: 'The service is unavailable',
    means:
      'The lock service or the database did not answer. This request did nothing: a guarded request never runs unguarded.',
    retry: true,
  },
  unfinished: {
    status: 503,
    title: 'The request may be half done',
    means:
      'Money may have moved without the flag being written, or the other way round. `detail` says who finishes it. Sent again with its `Idempotency-Key`, the request finishes it itself; without a key, check the user first. A reset or new users of the lab: they may have been made.',
  },
  'user-ids-used-up': {
    status: 507,
    title: 'No user id is left',
    means: 'A reset gives every user an id that was never used before, up to 4,294,967,295. Nothing was done.',
  },
  'not-implemented': {
    status: 501,
    title: 'Not implemented',
    means: 'The method or the transfer encoding is not known. Nothing was done.',
  },
  'bad-gateway': {
    status: 502,
    title: 'No instance answered',
    means:
      'From nginx: the instance died. Whether the request was carried out is unknown; nginx does not retry a POST. Check the user before you try again.',
  },
  'gateway-timeout': {
    status: 504,
    title: 'The instance did not answer in time',
    means: 'From nginx. Whether the request was carried out is unknown. Check the user before you try again.',
  },
  'version-not-supported': {
    status: 505,
    title: 'HTTP version not supported',
    means: 'From nginx. Nothing was done.',
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemType = keyof typeof problems;
