import { type Mutant, mutantsOf } from './mutant.ts';

const lease = mutantsOf('src/lease.ts', [
  {
    name: 'a lease counts its own TTL only',
    find: 'this.dueAt = this.#grantedAt + Math.min(hold.validForMs(this.#grantedAt), grantor.validityMs(ttlMs));',
    replace: 'this.dueAt = this.#grantedAt + grantor.validityMs(ttlMs);',
  },
  {
    name: 'a lease counts what is left of the hold only',
    find: 'this.dueAt = this.#grantedAt + Math.min(hold.validForMs(this.#grantedAt), grantor.validityMs(ttlMs));',
    replace: 'this.dueAt = this.#grantedAt + hold.validForMs();',
    equivalent: 'the hold is valid for as long: a lease may be longer than its TTL, and never longer than the lock',
  },
  {
    name: 'a lease that is due is not noticed',
    find: '    options.deadlines.add(this);\n    this.#renew();',
    replace: '    this.#renew();',
  },
  {
    name: 'the signal of a lost lease is not aborted when asked for later',
    find: `      if (this.#state === 'lost') this.#abort();\n`,
    replace: '',
  },
  {
    name: 'the signal of a lost lease is not aborted',
    find: `    this.#options.grantor.onLoss(this.#options.hold, reason);
    this.#abort();`,
    replace: '    this.#options.grantor.onLoss(this.#options.hold, reason);',
  },
  {
    name: 'a lease is valid after it was released',
    find: `return this.#state === 'held' ? Math.max(0, this.dueAt - this.#runtime.now()) : 0;`,
    replace: 'return Math.max(0, this.dueAt - this.#runtime.now());',
  },
  {
    name: 'the user extends, and the renewal goes on at the old pace',
    find: `if (this.#state === 'held') this.#renew(); // at a third of the new TTL`,
    replace: '',
  },
  {
    name: 'a lease that has run out is extended',
    find: `    if (this.validForMs() === 0) {
      this.#lose('expired');
      return 'lost';
    }
`,
    replace: '',
  },
  {
    name: 'a shorter TTL counts only once it is extended',
    find: '    this.dueAt = Math.min(this.dueAt, askedAt + grantor.validityMs(ttlMs));\n',
    replace: '',
    equivalent: 'until then the lock is kept for the longer TTL that the lease still has',
  },
  {
    name: 'an extension asked for by a lease outlives it',
    find: `, isWanted: () => this.#state === 'held' });`,
    replace: ' });',
    equivalent: 'it is answered too late for the lease, and refused once the lock is not its any more',
  },
  {
    name: 'an extension of a lease that has ended counts',
    find: `    if (this.#state !== 'held') return 'lost';\n`,
    replace: '',
    equivalent: 'what the lease does not want any more is lost to the hold as well',
  },
  {
    name: 'an extension that was not answered counts',
    find: `if (result !== 'extended' || this.validForMs() === 0) {`,
    replace: `if (result === 'lost' || this.validForMs() === 0) {`,
    equivalent: 'it is not answered only when the lease is over by then',
  },
  {
    name: 'an extension that comes too late brings a lease back',
    find: `if (result !== 'extended' || this.validForMs() === 0) {`,
    replace: `if (result !== 'extended') {`,
  },
  {
    name: 'an extension counts from its answer',
    find: 'this.dueAt = Math.min(this.#runtime.now() + hold.validForMs(), askedAt + grantor.validityMs(ttlMs));',
    replace: 'this.dueAt = this.#runtime.now() + grantor.validityMs(ttlMs);',
  },
  {
    name: 'an extension lengthens nothing',
    find: `    this.dueAt = Math.min(this.#runtime.now() + hold.validForMs(), askedAt + grantor.validityMs(ttlMs));
    deadlines.add(this);
`,
    replace: '',
  },
  {
    name: 'an extension believes the hold alone',
    find: 'this.dueAt = Math.min(this.#runtime.now() + hold.validForMs(), askedAt + grantor.validityMs(ttlMs));',
    replace: 'this.dueAt = this.#runtime.now() + hold.validForMs();',
    equivalent: 'the hold is valid for as long: a lease may be longer than its TTL, and never longer than the lock',
  },
  {
    name: 'a lease whose deadline moved is not watched',
    find: `askedAt + grantor.validityMs(ttlMs));
    deadlines.add(this);
    const result`,
    replace: `askedAt + grantor.validityMs(ttlMs));
    const result`,
    equivalent: 'the extension under way ends at the same moment',
  },
  {
    name: 'a second release asks again',
    find: 'this.#releasing ??= this.#release();',
    replace: 'this.#releasing = this.#release();',
  },
  {
    name: 'a lease that has run out is handed over on release',
    find: `    if (this.validForMs() === 0) {
      this.#lose('expired');
      return hold.release().then(() => 'expired');
    }
`,
    replace: '',
  },
  {
    name: 'a released lease is renewed',
    find: `    this.#state = 'released';
    this.#stopTimers();`,
    replace: `    this.#state = 'released';`,
    equivalent: 'its renewal finds that it is released',
  },
  {
    name: 'a lease is renewed once',
    find: `if ((await this.#extend(ttlMs)) === 'extended' && this.#state === 'held') this.#renew();`,
    replace: 'await this.#extend(ttlMs);',
  },
  {
    name: 'a lease is never renewed',
    find: 'if (autoExtendForMs === undefined) return;',
    replace: 'if (autoExtendForMs !== 0) return;',
  },
  {
    name: 'a lease is renewed beyond the longest hold',
    find: 'const ttlMs = Math.min(this.#ttlMs, Math.floor(autoExtendForMs - this.heldMs()));',
    replace: 'const ttlMs = this.#ttlMs;',
  },
  {
    name: 'a renewal makes the lease shorter',
    find: '      if (ttlMs <= this.validForMs()) return;\n',
    replace: '',
  },
  {
    name: 'a renewal is set beside the one before it',
    find: '    this.#runtime.clearTimer(this.#renewal);\n    this.#renewal =',
    replace: '    this.#renewal =',
    equivalent: 'one renewal more: traffic only',
  },
  {
    name: 'the clocks of a lost lease go on',
    find: `    this.#state = 'lost';
    this.#stopTimers();`,
    replace: `    this.#state = 'lost';`,
    equivalent: 'they find that it is lost',
  },
  {
    name: 'a loss is not passed on',
    find: '    this.#options.grantor.onLoss(this.#options.hold, reason);\n',
    replace: '',
  },
]);

const deadlines = mutantsOf('src/deadlines.ts', [
  {
    name: 'deadlines never fire',
    find: '      entry.onDue();\n',
    replace: '',
  },
  {
    name: 'deadlines fire up to 20 ms early',
    find: `      if (entry.dueAt <= now) due.push(entry);
      else next = Math.min(next, entry.dueAt);
    }
    for (const entry of due) {
      if (!entry.isWatched || entry.dueAt > now) continue; // changed by an earlier one`,
    replace: `      if (entry.dueAt <= now + 20) due.push(entry);
      else next = Math.min(next, entry.dueAt);
    }
    for (const entry of due) {
      if (!entry.isWatched || entry.dueAt > now + 20) continue;`,
  },
  {
    name: 'a deadline before the next one waits for that',
    find: 'if (entry.dueAt < this.#firesAt) this.#watch(entry.dueAt);',
    replace: 'if (this.#firesAt === Number.POSITIVE_INFINITY) this.#watch(entry.dueAt);',
  },
  {
    name: 'deadlines are watched once',
    find: 'if (next < this.#firesAt) this.#watch(next);',
    replace: '',
  },
  {
    name: 'deadlines are not removed',
    find: '    if (!entry.isWatched) return;\n    const { before',
    replace: '    if (entry.dueAt !== undefined) return;\n    const { before',
  },
  {
    name: 'a deadline that fired stays',
    find: '      this.remove(entry);\n      entry.onDue();',
    replace: '      entry.onDue();',
    equivalent: 'leases and requests remove themselves when they end',
  },
]);

export const leaseMutants: readonly Mutant[] = [...lease, ...deadlines];
