import { type Mutant, mutantsOf } from './mutant.ts';

const lease = mutantsOf('src/lease.ts', {
  'a lease counts its own TTL only': [
    'this.dueAt = this.#grantedAt + Math.min(hold.validForMs(this.#grantedAt), grantor.validityMs(ttlMs));',
    'this.dueAt = this.#grantedAt + grantor.validityMs(ttlMs);',
  ],
  'a lease counts what is left of the hold only': [
    'this.dueAt = this.#grantedAt + Math.min(hold.validForMs(this.#grantedAt), grantor.validityMs(ttlMs));',
    'this.dueAt = this.#grantedAt + hold.validForMs();',
    'the hold is valid for as long: a lease may be longer than its TTL, and never longer than the lock',
  ],
  'a lease that is due is not noticed': ['    options.deadlines.add(this);\n    this.#renew();', '    this.#renew();'],
  'the signal of a lost lease is not aborted when asked for later': [
    `      if (this.#state === 'lost') this.#abort();\n`,
    '',
  ],
  'the signal of a lost lease is not aborted': [
    `    this.#options.grantor.onLoss(this.#options.hold, reason);
    this.#abort();`,
    '    this.#options.grantor.onLoss(this.#options.hold, reason);',
  ],
  'a lease is valid after it was released': [
    `return this.#state === 'held' ? Math.max(0, this.dueAt - this.#runtime.now()) : 0;`,
    'return Math.max(0, this.dueAt - this.#runtime.now());',
  ],
  'the user extends, and the renewal goes on at the old pace': [
    `if (this.#state === 'held') this.#renew(); // at a third of the new TTL`,
    '',
  ],
  'a lease that has run out is extended': [
    `    if (this.validForMs() === 0) {
      this.#lose('expired');
      return 'lost';
    }
`,
    '',
  ],
  'a shorter TTL counts only once it is extended': [
    '    this.dueAt = Math.min(this.dueAt, this.#askedUntil);\n',
    '',
    'until then the lock is kept for the longer TTL that the lease still has',
  ],
  'an extension asked for by a lease outlives it': [
    `, isWanted: () => this.#state === 'held' });`,
    ' });',
    'it is answered too late for the lease, and refused once the lock is not its any more',
  ],
  'an extension of a lease that has ended counts': [
    `    if (this.#state !== 'held') return 'lost';\n`,
    '',
    'what the lease does not want any more is lost to the hold as well',
  ],
  'an extension that was not answered counts': [
    `if (isOver || (result !== 'extended' && !isRestarted)) {`,
    `if (isOver || (result === 'lost' && !isRestarted)) {`,
  ],
  'an extension that runs out ends what another one has extended': [
    `(result !== 'extended' && !isRestarted)`,
    `result !== 'extended'`,
  ],
  'an extension of a lost lock counts after another one': [
    'this.dueAt > validUntil && hold.validForMs() > 0;',
    'this.dueAt > validUntil;',
  ],
  'a lease that was over counts as stolen': [
    "this.#lose(result === 'lost' && !isOver ? 'stolen' : 'expired')",
    "this.#lose(result === 'lost' ? 'stolen' : 'expired')",
  ],
  'a lease whose extension no node answers counts as stolen': [
    "this.#lose(result === 'lost' && !isOver ? 'stolen' : 'expired')",
    "this.#lose(isOver ? 'expired' : 'stolen')",
  ],
  'an extension that comes too late brings a lease back': [
    `if (isOver || (result !== 'extended' && !isRestarted)) {`,
    `if (result !== 'extended' && !isRestarted) {`,
  ],
  'an extension counts from its answer': [
    'this.dueAt = Math.min(this.#runtime.now() + hold.validForMs(), this.#askedUntil);',
    'this.dueAt = this.#runtime.now() + grantor.validityMs(ttlMs);',
  ],
  'an extension lengthens nothing': [
    `    this.dueAt = Math.min(this.#runtime.now() + hold.validForMs(), this.#askedUntil);
    deadlines.add(this);
`,
    '',
  ],
  'an extension believes the hold alone': [
    'this.dueAt = Math.min(this.#runtime.now() + hold.validForMs(), this.#askedUntil);',
    'this.dueAt = this.#runtime.now() + hold.validForMs();',
    'the hold is valid for as long: a lease may be longer than its TTL, and never longer than the lock',
  ],
  'a lease whose deadline moved is not watched': [
    `this.#askedUntil);
    deadlines.add(this);
    const validUntil`,
    `this.#askedUntil);
    const validUntil`,
    'the extension under way ends at the same moment',
  ],
  'a second release asks again': ['this.#releasing ??= this.#release();', 'this.#releasing = this.#release();'],
  'a lease that has run out is handed over on release': [
    `    if (this.validForMs() === 0) {
      this.#lose('expired');
      return hold.release().then(() => 'expired');
    }
`,
    '',
  ],
  'a released lease is renewed': [
    `    this.#state = 'released';
    this.#stopTimers();`,
    `    this.#state = 'released';`,
    'its renewal finds that it is released',
  ],
  'a lease is renewed once': [
    `if ((await this.#extend(ttlMs)) === 'extended' && this.#state === 'held') this.#renew();`,
    'await this.#extend(ttlMs);',
  ],
  'a lease is never renewed': ['if (autoExtendForMs === undefined) return;', 'if (autoExtendForMs !== 0) return;'],
  'a lease is renewed beyond the longest hold': [
    'const ttlMs = Math.min(this.#ttlMs, Math.floor(autoExtendForMs - this.heldMs()));',
    'const ttlMs = this.#ttlMs;',
  ],
  'a renewal makes the lease shorter': ['      if (ttlMs <= this.validForMs()) return;\n', ''],
  'a renewal is set beside the one before it': [
    '    this.#runtime.clearTimer(this.#renewal);\n    this.#renewal =',
    '    this.#renewal =',
    'one renewal more: traffic only',
  ],
  'the clocks of a lost lease go on': [
    `    this.#state = 'lost';
    this.#stopTimers();`,
    `    this.#state = 'lost';`,
    'they find that it is lost',
  ],
  'a loss is not passed on': ['    this.#options.grantor.onLoss(this.#options.hold, reason);\n', ''],
});

const deadlines = mutantsOf('src/deadlines.ts', {
  'deadlines never fire': ['      entry.onDue();\n', ''],
  'deadlines fire up to 20 ms early': [
    `      if (entry.dueAt <= now) due.push(entry);
      else next = Math.min(next, entry.dueAt);
    }
    for (const entry of due) {
      if (!entry.isWatched || entry.dueAt > now) continue; // changed by an earlier one`,
    `      if (entry.dueAt <= now + 20) due.push(entry);
      else next = Math.min(next, entry.dueAt);
    }
    for (const entry of due) {
      if (!entry.isWatched || entry.dueAt > now + 20) continue;`,
  ],
  'a deadline before the next one waits for that': [
    'if (entry.dueAt < this.#firesAt) this.#watch(entry.dueAt);',
    'if (this.#firesAt === Number.POSITIVE_INFINITY) this.#watch(entry.dueAt);',
  ],
  'deadlines are watched once': ['if (next < this.#firesAt) this.#watch(next);', ''],
  'deadlines are not removed': [
    '    if (!entry.isWatched) return;\n    const { before',
    '    if (entry.dueAt !== undefined) return;\n    const { before',
  ],
  'a deadline that fired stays': [
    '      this.remove(entry);\n      entry.onDue();',
    '      entry.onDue();',
    'leases and requests remove themselves when they end',
  ],
});

export const leaseMutants: readonly Mutant[] = [...lease, ...deadlines];
