import { describe, expect, test } from 'vitest';
import { brokenInvariants, type Explored, type PlannedRequest } from './explore.ts';
import { everyOrder, inOrder, randomOrders } from './orders.ts';
import { exploreRandomRequests } from './random-requests.ts';
import { exploredModes } from './world.ts';

/** Asserts only what is broken: there are tens of thousands of orders. */
function expectInvariants(explored: Explored, requests: readonly PlannedRequest[]): void {
  const broken = brokenInvariants(explored);
  if (broken.length > 0) expect(broken, `${JSON.stringify(requests)} in the order ${explored.order}`).toEqual([]);
}

/** Runs the requests in every order. @returns the distinct answers, those of an order as one text. */
async function explore(...requests: readonly PlannedRequest[]): Promise<ReadonlySet<string>> {
  const answers = new Set<string>();
  for await (const explored of everyOrder(requests)) {
    answers.add(explored.answers.join(', '));
    expectInvariants(explored, requests);
  }
  return answers;
}

/** Runs some orders of requests that have too many of them. */
const sample = (requests: readonly PlannedRequest[], orders: number) =>
  allOrders ? everyOrder(requests) : randomOrders(requests, { seed: 1, orders });

const pay = { kind: 'pay', key: 'k' } as const;
const cancel = { kind: 'cancel', key: 'k' } as const;
const rivals = { 'no rival': [], 'a cancel': [{ kind: 'cancel' }], 'a second pay': [{ kind: 'pay' }] } as const;
/** The steps of a pay or a cancel: claim of the key, read, act, write of the flag, storing the answer. */
const everyStep = [1, 2, 3, 4, 5];
/** What takes more than a minute is left to ALL_ORDERS=1. */
const allOrders = process.env.ALL_ORDERS !== undefined;

describe.each(Object.keys(rivals) as (keyof typeof rivals)[])('beside %s, in every order', (rival) => {
  const others = rivals[rival];

  test.each(everyStep)('a retry finishes a pay whose instance died after step %i', async (diesAfter) => {
    const answers = await explore({ ...pay, diesAfter }, { ...pay, after: diesAfter }, ...others);
    for (const seen of answers) expect(seen.split(', ')[1]).toMatch(/^(paid|already_paid|stale-write)$/);
  });

  test.each(everyStep)('a retry finishes a cancel whose instance died after step %i', async (diesAfter) => {
    const dying = { ...cancel, after: Number.POSITIVE_INFINITY, diesAfter };
    const answers = await explore({ kind: 'pay' }, dying, { ...cancel, after: diesAfter }, ...others);
    for (const seen of answers) expect(seen.split(', ')[2]).toMatch(/^(cancelled|nothing_to_cancel)$/);
  });

  const presumedDeadAfter = rival === 'a second pay' && !allOrders ? [4, 5] : everyStep;
  test.each(presumedDeadAfter)('two executions of one pay, the first presumed dead after step %i', async (after) => {
    await explore(pay, { ...pay, after }, ...others);
  });
});

// Its refund is of a charge whose pay has not written access yet.
test.each(everyStep)(
  'a retry finishes a cancel that died after step %i, beside a pay in progress',
  async (diesAfter) => {
    await explore({ ...cancel, diesAfter }, { ...cancel, after: diesAfter }, { kind: 'pay' });
  },
);

test.each(everyStep)(
  'one of two cancels has cancelled, though the retry of the other died after step %i',
  async (step) => {
    const dying = { ...cancel, waitsFor: [0], diesAfter: 3 }; // it has refunded
    const retry = { ...cancel, after: Number.POSITIVE_INFINITY, waitsFor: [2] };
    await explore({ kind: 'pay' }, { kind: 'cancel', waitsFor: [0] }, dying, { ...retry, diesAfter: step }, retry);
  },
);

test.each([4, 5, 6])('a third execution takes back the charge if the second died after step %i', async (diesAfter) => {
  const first = { ...pay, diesAfter: 3 }; // it has charged
  const answers = await explore(first, { ...pay, after: 3, diesAfter }, { ...pay, after: diesAfter }, { kind: 'pay' });
  for (const seen of answers) expect(seen.split(', ')[2]).toMatch(/^(paid|already_paid)$/);
});

// A finds the user paid by C and is about to take its charge back; D cancels C's payment, and B gives access for A's charge.
test('an execution presumed dead does not refund a charge that now pays for the access', async () => {
  const other = { amount: 100 } as const;
  const requests = [
    pay,
    { ...pay, after: 7 },
    { kind: 'pay', ...other },
    { kind: 'cancel', ...other, after: 9 },
  ] as const;
  const explored = await inOrder(requests, 'AACCCAAAAADDDBBBBBAA');
  expect(explored.answers).toEqual(['key-in-use', 'paid', 'paid', 'cancelled']);
  expect(brokenInvariants(explored)).toEqual([]);
});

// The charge of B is of another amount; D clears the flag nevertheless, so that the write of A is refused.
test('a retry of a cancel that has refunded a pay in progress leaves that pay no access', async () => {
  const requests = [
    { kind: 'pay' },
    { kind: 'pay', amount: 100 },
    { ...cancel, diesAfter: 3 },
    { ...cancel, after: Number.POSITIVE_INFINITY },
  ] as const;
  const explored = await inOrder(requests, 'AABBCCCDDDDDAABBBBB');
  expect(explored.answers).toEqual(['stale-write', 'paid', undefined, 'cancelled']);
  expect(brokenInvariants(explored)).toEqual([]);
});

const arrival = { kind: 'arrival' } as const;

// The network holds what an execution has given up, for as long as it likes.
test.each(everyStep)(
  'a retry leaves one charge, though step %i of the first execution comes later',
  async (givesUp) => {
    const requests = [
      { ...pay, givesUp },
      arrival,
      { kind: 'pay' },
      { ...pay, waitsFor: [0, 2], leasesAreOver: true },
    ] as const;
    for await (const explored of everyOrder(requests)) expectInvariants(explored, requests);
  },
);

test.each([3, 4, 5, 6, 7, 8])(
  'a retry of a cancel leaves a later payment, though step %i comes later',
  async (givesUp) => {
    const requests = [
      { kind: 'pay' },
      { ...cancel, waitsFor: [0], givesUp },
      arrival,
      { kind: 'cancel', waitsFor: [0] },
      { kind: 'pay', waitsFor: [3] },
      { ...cancel, waitsFor: [1, 4], leasesAreOver: true },
    ] as const;
    for await (const explored of sample(requests, 500)) expectInvariants(explored, requests);
  },
);

// The cancel of another amount must not take B's flag away while B, which has refunded, is about to clear it.
test('the cancel that refunds a payment is the one that has cancelled it', async () => {
  const requests = [
    { kind: 'pay', amount: 100 },
    { kind: 'cancel', amount: 100, waitsFor: [0] },
    { kind: 'cancel', waitsFor: [0] },
  ] as const;
  for await (const { answers } of everyOrder(requests)) {
    expect(answers).toEqual(['paid', 'cancelled', 'nothing_to_cancel']);
  }
});

// The cancel that refunded the payment has died, too: the charge that is left over is all that pays for the access.
test('what a pay left over can be cancelled after the payment that gave access', async () => {
  const requests = [
    { kind: 'pay', amount: 100, diesAfter: 2 },
    { kind: 'pay', waitsFor: [0] },
    { kind: 'cancel', waitsFor: [1], diesAfter: 2 },
    { kind: 'cancel', amount: 100, waitsFor: [2] },
  ] as const;
  const explored = await inOrder(requests, 'AABBBCCDDD');
  expect(explored.answers).toEqual([undefined, 'paid', undefined, 'cancelled']);
  expect(explored.world.user.paid).toBe(false);
});

test('leaving an order that reaches a known state leaves out no end', async () => {
  const requests = [{ ...pay, diesAfter: 3 }, { ...pay, after: 3 }, { kind: 'cancel' }] as const;
  const endsOf = async (options?: { readonly leavesKnownStates: boolean }) => {
    const found: { readonly answers: string; readonly end: string }[] = [];
    for await (const explored of everyOrder(requests, options)) {
      const { user, charges } = explored.world;
      const ledger = charges.map(({ amount, refundedBy }) => [amount, refundedBy !== undefined]);
      const end = JSON.stringify([user, ledger, brokenInvariants(explored)]);
      found.push({ answers: explored.answers.join(', '), end });
    }
    const distinct = (texts: readonly string[]) => [...new Set(texts)].sort();
    return {
      orders: found.length,
      answers: distinct(found.map(({ answers }) => answers)),
      ends: distinct(found.map(({ answers, end }) => answers + end)),
    };
  };
  const all = await endsOf({ leavesKnownStates: false });
  const some = await endsOf();
  expect(all.orders).toBeGreaterThan(50);
  expect(some.orders).toBeLessThan(all.orders);
  expect(some.ends).toEqual(all.ends);
  expect(all.answers).toEqual([', paid, cancelled', ', paid, nothing_to_cancel', ', stale-write, cancelled']);
});

// No cancel is presumed dead here: if it is frozen past its lease, between
// its read and its refund, it can still refund what it has read, because nothing fences the processor.
test.each([
  [[{ kind: 'pay' }, { kind: 'cancel', after: Number.POSITIVE_INFINITY }]],
  [[{ kind: 'cancel' }, { kind: 'pay', after: Number.POSITIVE_INFINITY }]],
] as const)('a pay presumed dead leaves no charge without access, beside %j', async (others) => {
  const requests = [pay, { ...pay, after: 2 }, ...others];
  for await (const explored of sample(requests, 500)) expectInvariants(explored, requests);
});

const never = Number.POSITIVE_INFINITY;
const other = { amount: 100 } as const;
const charged = { ...pay, diesAfter: 3 } as const;
const otherPay = { kind: 'pay', ...other, waitsFor: [0] } as const;
const otherCancel = { kind: 'cancel', ...other } as const;
const reconcile = { kind: 'reconcile' } as const;

// Each begins with a pay that died after its charge, beside a payment of another amount, and ends with final answers.
test.each<[string, readonly PlannedRequest[]]>([
  [
    'beside a retry and a cancel',
    [charged, otherPay, { ...pay, after: never }, { ...otherCancel, waitsFor: [1] }, { ...reconcile, waitsFor: [1] }],
  ],
  ...[4, 5].map((diesAfter): [string, readonly PlannedRequest[]] => [
    `after a retry that died after step ${diesAfter}`,
    [
      charged,
      otherPay,
      { ...pay, after: never, diesAfter },
      { ...otherCancel, waitsFor: [2] },
      { ...reconcile, after: never },
      { ...pay, after: never },
    ],
  ]),
  [
    'beside a cancel, and a retry that gives access and dies',
    [
      charged,
      otherPay,
      { ...reconcile, after: never },
      { ...otherCancel, waitsFor: [1] },
      { ...pay, waitsFor: [3], diesAfter: 4 },
      { ...pay, after: never },
    ],
  ],
  [
    'beside reconcile on another instance, a cancel and a retry',
    [
      charged,
      otherPay,
      { ...reconcile, waitsFor: [1] },
      { ...reconcile, waitsFor: [1] },
      { ...otherCancel, waitsFor: [1] },
      { ...pay, after: never },
    ],
  ],
  [
    'in place of the cancel whose retry follows',
    [
      charged,
      otherPay,
      { ...otherCancel, key: 'x', waitsFor: [1], diesAfter: 3 },
      { ...pay, after: never },
      { ...reconcile, after: never },
      { ...otherCancel, key: 'x', after: never },
    ],
  ],
])('reconcile %s', async (_, requests) => {
  for await (const explored of sample(requests, 300)) {
    const invariants = `${JSON.stringify(requests)} in the order ${explored.order}: ${explored.answers.join()}`;
    // A blocked retry leaves its charge to the next one, or to the next run of the job.
    const broken = brokenInvariants(explored).filter((invariant) => !invariant.startsWith('unpaid, with'));
    expect(broken, invariants).toEqual([]);
    await explored.world.repair();
    expect(brokenInvariants(explored), `repaired: ${invariants}`).toEqual([]);
  }
});

// The command explore-retries draws more of them.
test.each(exploredModes)(
  '%s: random requests that die and are retried, beside reconcile, break no invariant',
  async (mode) => {
    for (let seed = 0; seed < 60; seed++) expect(await exploreRandomRequests(mode, seed, 10)).toBeUndefined();
  },
);

test('without a key, a retry is a second payment', async () => {
  const mistakes = new Set<string>();
  for await (const explored of everyOrder([
    { kind: 'pay', diesAfter: 2 },
    { kind: 'pay', after: 2 },
  ])) {
    for (const mistake of brokenInvariants(explored)) mistakes.add(mistake);
  }
  expect(mistakes).toEqual(new Set(['paid, with 2 open charges', 'the flag names another charge']));
});
