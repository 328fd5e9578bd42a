import { type Mutant, mutantsOf } from './mutant.ts';

const localQueue = mutantsOf('src/local-queue.ts', {
  'a listener that acquires a busy key again asks twice': [
    '    if (this.#attempt || this.#hold) return; // the listener has called acquire, which has asked for all of them\n',
    '',
  ],
  'a waiter that joins a held lock is never armed': ['else if (this.#hold || this.#queued) this.#arm(waiter);', ''],
  'waiters for the answer are never armed after the grant': [
    `    void this.#grant(hold, false);
    for (const waiter of this.#waiters) this.#arm(waiter);`,
    '    void this.#grant(hold, false);',
  ],
  'queued waiters are never armed': [
    `    this.#heldUntil = this.#context.runtime.now() + heldForMs;
    for (const waiter of this.#waiters) this.#arm(waiter);`,
    '    this.#heldUntil = this.#context.runtime.now() + heldForMs;',
  ],
  'a waiter is served although its call was aborted': [
    `      if (waiter.signal?.aborted) {
        waiter.settle({ outcome: 'aborted' });
        continue;
      }
`,
    '',
  ],
  'a waiter aborted while its hold is made to fit is served': [
    `    } else if (waiter.signal?.aborted) {
      waiter.settle({ outcome: 'aborted' });
      if (result === 'extended') return this.#grant(hold, handedOver);
`,
    '',
  ],
  'a hold is never made to fit': [
    'if (hold.suffices(waiter.ttlMs, waiter.minToken)) this.#grantTo',
    'if (waiter.ttlMs > 0) this.#grantTo',
  ],
  'a waiter is served although its lock was closed meanwhile': [
    `    if (this.#closed) {
      waiter.settle({ outcome: 'aborted' });
    } else if`,
    '    if',
  ],
  'a waiter whose hold was lost goes to the end': [
    'for (const each of [waiter, ...others]) this.#waiters.add(each);',
    'for (const each of [...others, waiter]) this.#waiters.add(each);',
  ],
  'a waiter whose hold was lost is forgotten': ['      this.#putBack(waiter);\n', ''],
  'a process asks with the TTL of its last waiter': [
    'return this.#waiters.values().next().value;',
    'return [...this.#waiters].at(-1);',
    'the hold is upgraded for the next waiter',
  ],
  'a lock is handed over without end': ['if (++eligible > tokensPerGrant) break;', ''],
  'later waiters are served by the same hold': [
    'const isEligible = waiter.eligibleFor === hold &&',
    'waiter.eligibleFor ??= hold;\n      const isEligible = waiter.eligibleFor === hold &&',
  ],
  'a lock is handed over although its eligible are over': ['waiter.eligibleFor === hold && ', ''],
  'a lock is handed over however little is left of it': [
    ' && hold.validForMs() >= 0.9 * this.validityMs(waiter.ttlMs);',
    ';',
  ],
  'a lock is handed over although it was lost': [
    `    this.#context.listener.onLost?.({ key: this.keys.lock, reason, holdMs: this.#lease?.heldMs() ?? 0 });
    void this.#returnToRedis(hold);`,
    `    this.#context.listener.onLost?.({ key: this.keys.lock, reason, holdMs: this.#lease?.heldMs() ?? 0 });
    void this.#grant(hold, true);`,
    'one that expired has no validity left to be handed over with; one that was lost has none on a quorum',
  ],
  'a lock that was lost is not asked for again': [
    `    this.#context.listener.onLost?.({ key: this.keys.lock, reason, holdMs: this.#lease?.heldMs() ?? 0 });
    void this.#returnToRedis(hold);`,
    '    this.#context.listener.onLost?.({ key: this.keys.lock, reason, holdMs: this.#lease?.heldMs() ?? 0 });',
  ],
  'a lock is asked for again without giving it up': [
    '    hold.end();\n    this.#ask(hold);',
    '    hold.end();\n    this.#ask();',
  ],
  'a lock is never handed over within the process': [
    'const released = this.#grant(hold, true);',
    'const released = this.#returnToRedis(hold);',
    'each waiter then gets it from Redis: slower only',
  ],
  'the last waiter that leaves does not abandon the attempt': [
    'if (this.#waiters.size === 0 && !this.#hold) this.#abandon();',
    '',
  ],
  'a waiter that leaves abandons the attempt of the others': [
    'if (this.#waiters.size === 0 && !this.#hold) this.#abandon();',
    'if (!this.#hold) this.#abandon();',
  ],
  'an attempt that was abandoned is not abandoned in Redis': ['    this.#attempt?.abandon();\n', ''],
  'a waiter leaves and stays in the line': [
    `    waiter.arm((outcome) => {
      this.#waiters.delete(waiter);`,
    '    waiter.arm((outcome) => {',
  ],
  'a busy answer ends every wait': [`if (refusal.outcome === 'busy' && waiter.leftMs() > 0) continue;`, ''],
  'close forgets the leases': ['    await this.#lease?.release();\n', ''],
  'close forgets the waiters': [`    for (const waiter of waiters) waiter.settle({ outcome: 'aborted' });\n`, ''],
  'close forgets the attempt': ['    if (!this.#hold) this.#abandon();\n', ''],
  'close does not wait for a hold that is made to fit': [
    '    await this.#upgrading;\n',
    '',
    'closing the nodes waits for every request under way',
  ],
  'a process asks without waiting although one waits': [
    'this.#attempt.ask(this.#isWaiting(), previous?.grants);',
    'this.#attempt.ask(false, previous?.grants);',
  ],
});

const waiter = mutantsOf('src/waiter.ts', {
  'a waiter is not disarmed': [`  disarm(): void {\n`, `  disarm(): void {\n    return;\n`],
  'the timer of a wait goes on after it': ['    this.#options.runtime.clearTimer(this.#timer);\n', ''],
  'abort callbacks are not removed': ['    this.#options.aborts.remove(this.signal, this.#onAbort);\n', ''],
  'an abort does not end a wait': ['    this.#options.aborts.add(this.signal, this.#onAbort);\n', ''],
  'a wait may end a fraction of a millisecond early': ['Math.ceil(leftMs)', 'leftMs'],
  'a wait has no end': [
    `this.#options.runtime.setTimer(() => leave('busy'), Math.ceil(leftMs));`,
    `this.#options.runtime.setTimer(() => {}, Math.ceil(leftMs));`,
  ],
  'a wait is over at half of its time': [
    `this.#options.runtime.setTimer(() => leave('busy'), Math.ceil(leftMs));`,
    `this.#options.runtime.setTimer(() => leave('busy'), leftMs / 2);`,
  ],
});

const abortCallbacks = mutantsOf('src/abort-callbacks.ts', {
  'the listener of a signal stays when its last callback is removed': [
    `    this.#bySignal.delete(signal);
    signal.removeEventListener('abort', entry.listener);`,
    '',
  ],
  'a signal forgets all callbacks when one is removed': [
    'if (!entry?.callbacks.delete(callback) || entry.callbacks.size > 0) return;',
    'if (!entry?.callbacks.delete(callback)) return;',
  ],
});

export const localQueueMutants: readonly Mutant[] = [...localQueue, ...waiter, ...abortCallbacks];
