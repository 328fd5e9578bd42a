import { type Mutant, mutantsOf } from './mutant.ts';

const localQueue = mutantsOf('src/local-queue.ts', [
  {
    name: 'a listener that acquires a busy key again asks twice',
    find: '    if (this.#attempt || this.#hold) return; // the listener has called acquire, which has asked for all of them\n',
    replace: '',
  },
  {
    name: 'a waiter that joins a held lock is never armed',
    find: 'else if (this.#hold || this.#queued) this.#arm(waiter);',
    replace: '',
  },
  {
    name: 'waiters for the answer are never armed after the grant',
    find: `    this.#grant(hold, false);
    for (const waiter of this.#waiters) this.#arm(waiter);`,
    replace: '    this.#grant(hold, false);',
  },
  {
    name: 'queued waiters are never armed',
    find: `    this.#heldUntil = this.#context.runtime.now() + heldForMs;
    for (const waiter of this.#waiters) this.#arm(waiter);`,
    replace: '    this.#heldUntil = this.#context.runtime.now() + heldForMs;',
  },
  {
    name: 'a waiter is served although its call was aborted',
    find: `      if (waiter.signal?.aborted) {
        waiter.settle({ outcome: 'aborted' });
        continue;
      }
`,
    replace: '',
  },
  {
    name: 'a waiter aborted while its hold is made to fit is served',
    find: `    } else if (waiter.signal?.aborted) {
      waiter.settle({ outcome: 'aborted' });
      if (result === 'extended') return this.#grant(hold, handedOver);
`,
    replace: '',
  },
  {
    name: 'a hold is never made to fit',
    find: 'if (hold.suffices(waiter.ttlMs, waiter.minToken)) this.#grantTo',
    replace: 'if (waiter.ttlMs > 0) this.#grantTo',
  },
  {
    name: 'a waiter is served although its lock was closed meanwhile',
    find: `    if (this.#closed) {
      waiter.settle({ outcome: 'aborted' });
    } else if`,
    replace: '    if',
  },
  {
    name: 'a waiter whose hold was lost goes to the end',
    find: 'for (const each of [waiter, ...others]) this.#waiters.add(each);',
    replace: 'for (const each of [...others, waiter]) this.#waiters.add(each);',
  },
  {
    name: 'a waiter whose hold was lost is forgotten',
    find: '      this.#putBack(waiter);\n',
    replace: '',
  },
  {
    name: 'a process asks with the TTL of its last waiter',
    find: 'return this.#waiters.values().next().value;',
    replace: 'return [...this.#waiters].at(-1);',
    equivalent: 'the hold is upgraded for the next waiter',
  },
  {
    name: 'a lock is handed over without end',
    find: 'if (++eligible > tokensPerGrant) break;',
    replace: '',
  },
  {
    name: 'later waiters are served by the same hold',
    find: 'if (!next || next.eligibleFor !== hold ||',
    replace: 'if (next) next.eligibleFor ??= hold;\n    if (!next || next.eligibleFor !== hold ||',
  },
  {
    name: 'a lock is handed over although its eligible are over',
    find: 'if (!next || next.eligibleFor !== hold ||',
    replace: 'if (!next ||',
  },
  {
    name: 'a lock is handed over however little is left of it',
    find: 'if (!next || next.eligibleFor !== hold || hold.validForMs() < 0.9 * this.validityMs(next.ttlMs))',
    replace: 'if (!next || next.eligibleFor !== hold)',
  },
  {
    name: 'a lock is handed over although it was lost',
    find: `    this.#context.listener.onLost?.({ key: this.keys.lock, reason, holdMs: this.#lease?.heldMs() ?? 0 });
    void this.#returnToRedis(hold);`,
    replace: `    this.#context.listener.onLost?.({ key: this.keys.lock, reason, holdMs: this.#lease?.heldMs() ?? 0 });
    void this.#handOver(hold);`,
    equivalent: 'one that expired has no validity left to be handed over with; one that was lost has none on a quorum',
  },
  {
    name: 'a lock that was lost is not asked for again',
    find: `    this.#context.listener.onLost?.({ key: this.keys.lock, reason, holdMs: this.#lease?.heldMs() ?? 0 });
    void this.#returnToRedis(hold);`,
    replace:
      '    this.#context.listener.onLost?.({ key: this.keys.lock, reason, holdMs: this.#lease?.heldMs() ?? 0 });',
  },
  {
    name: 'a lock is asked for again without giving it up',
    find: '    hold.end();\n    this.#ask(hold);',
    replace: '    hold.end();\n    this.#ask();',
  },
  {
    name: 'a lock is never handed over within the process',
    find: `    this.#grant(hold, true);
    return Promise.resolve('released');`,
    replace: '    return this.#returnToRedis(hold);',
    equivalent: 'each waiter then gets it from Redis: slower only',
  },
  {
    name: 'the last waiter that leaves does not abandon the attempt',
    find: 'if (this.#waiters.size === 0 && !this.#hold) this.#abandon();',
    replace: '',
  },
  {
    name: 'a waiter that leaves abandons the attempt of the others',
    find: 'if (this.#waiters.size === 0 && !this.#hold) this.#abandon();',
    replace: 'if (!this.#hold) this.#abandon();',
  },
  {
    name: 'an attempt that was abandoned is not abandoned in Redis',
    find: '    this.#attempt?.abandon();\n',
    replace: '',
  },
  {
    name: 'a waiter leaves and stays in the line',
    find: `    waiter.arm((outcome) => {
      this.#waiters.delete(waiter);`,
    replace: '    waiter.arm((outcome) => {',
  },
  {
    name: 'a busy answer ends every wait',
    find: `if (refusal.outcome === 'busy' && waiter.leftMs() > 0) continue;`,
    replace: '',
  },
  {
    name: 'close forgets the leases',
    find: '    await this.#lease?.release();\n',
    replace: '',
  },
  {
    name: 'close forgets the waiters',
    find: `    for (const waiter of waiters) waiter.settle({ outcome: 'aborted' });\n`,
    replace: '',
  },
  {
    name: 'close forgets the attempt',
    find: '    if (!this.#hold) this.#abandon();\n',
    replace: '',
  },
  {
    name: 'close does not wait for a hold that is made to fit',
    find: '    await this.#upgrading;\n',
    replace: '',
    equivalent: 'closing the nodes waits for every request under way',
  },
  {
    name: 'a process asks without waiting although one waits',
    find: 'this.#attempt.ask(this.#isWaiting(), previous?.grants);',
    replace: 'this.#attempt.ask(false, previous?.grants);',
  },
]);

const waiter = mutantsOf('src/waiter.ts', [
  { name: 'a waiter is not disarmed', find: `  disarm(): void {\n`, replace: `  disarm(): void {\n    return;\n` },
  {
    name: 'the timer of a wait goes on after it',
    find: '    this.#options.runtime.clearTimer(this.#timer);\n',
    replace: '',
  },
  {
    name: 'abort callbacks are not removed',
    find: '    this.#options.aborts.remove(this.signal, this.#onAbort);\n',
    replace: '',
  },
  {
    name: 'an abort does not end a wait',
    find: '    this.#options.aborts.add(this.signal, this.#onAbort);\n',
    replace: '',
  },
  {
    name: 'a wait may end a fraction of a millisecond early',
    find: 'Math.ceil(leftMs)',
    replace: 'leftMs',
  },
  {
    name: 'a wait has no end',
    find: `this.#options.runtime.setTimer(() => leave('busy'), Math.ceil(leftMs));`,
    replace: `this.#options.runtime.setTimer(() => {}, Math.ceil(leftMs));`,
  },
  {
    name: 'a wait is over at half of its time',
    find: `this.#options.runtime.setTimer(() => leave('busy'), Math.ceil(leftMs));`,
    replace: `this.#options.runtime.setTimer(() => leave('busy'), leftMs / 2);`,
  },
]);

const abortCallbacks = mutantsOf('src/abort-callbacks.ts', [
  {
    name: 'the listener of a signal stays when its last callback is removed',
    find: `    this.#bySignal.delete(signal);
    signal.removeEventListener('abort', entry.listener);`,
    replace: '',
  },
  {
    name: 'a signal forgets all callbacks when one is removed',
    find: 'if (!entry?.callbacks.delete(callback) || entry.callbacks.size > 0) return;',
    replace: 'if (!entry?.callbacks.delete(callback)) return;',
  },
]);

export const localQueueMutants: readonly Mutant[] = [...localQueue, ...waiter, ...abortCallbacks];
