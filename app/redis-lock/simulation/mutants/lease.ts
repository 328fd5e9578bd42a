import { type Mutant, mutantsOf } from './mutant.ts';

export const leaseMutants: readonly Mutant[] = [
  ...mutantsOf('src/options.ts', [
    {
      name: 'no drift',
      find: 'forMs - forMs * driftFactor - 2;',
      replace: 'forMs;',
    },
    {
      name: 'drift without the 2 ms of rounding',
      find: 'forMs - forMs * driftFactor - 2;',
      replace: 'forMs - forMs * driftFactor;',
    },
    {
      name: 'no drift, but 2 ms of rounding',
      find: 'forMs - forMs * driftFactor - 2;',
      replace: 'forMs - 2;',
    },
    {
      name: 'leases are renewed without end',
      find: 'autoExtendForMs: autoExtend ? maxHoldMs : undefined,',
      replace: 'autoExtendForMs: autoExtend ? Number.POSITIVE_INFINITY : undefined,',
    },
  ]),
  ...mutantsOf('src/script.ts', [
    {
      name: 'a hold takes more tokens than were reserved',
      find: 'export const tokensPerGrant = 16;',
      replace: 'export const tokensPerGrant = 32;',
    },
  ]),
  ...mutantsOf('src/deadlines.ts', [
    {
      name: 'deadlines never fire',
      find: '        limited.onDue();\n',
      replace: '',
    },
    {
      name: 'deadlines fire up to 20 ms early',
      find: 'if (limited.dueAt <= now) {',
      replace: 'if (limited.dueAt <= now + 20) {',
    },
    {
      name: 'a deadline before the next one waits for that',
      find: 'if (limited.dueAt < this.#firesAt) this.#watch(limited.dueAt);',
      replace: 'if (this.#firesAt === Number.POSITIVE_INFINITY) this.#watch(limited.dueAt);',
    },
    {
      name: 'deadlines are watched once',
      find: 'if (next < this.#firesAt) this.#watch(next);',
      replace: '',
    },
    {
      name: 'deadlines are not removed',
      find: `    this.#limited.delete(limited);
  }`,
      replace: '  }',
    },
    {
      name: 'a deadline that fired stays',
      find: '        this.#limited.delete(limited);\n        limited.onDue();',
      replace: '        limited.onDue();',
      equivalent: 'leases and requests remove themselves when they end',
    },
  ]),
  ...mutantsOf('src/hold.ts', [
    {
      name: 'a hold that is over is valid',
      find: 'if (this.#over) return 0;',
      replace: '',
      equivalent: 'a hold that is over is never asked',
    },
    {
      name: 'a hold is handed over to one who needs a longer TTL',
      find: 'return ttlMs <= this.#ttlMs && (',
      replace: 'return (',
    },
    {
      name: 'a hold gives the same token twice',
      find: 'return this.#nextToken++;',
      replace: 'return this.#nextToken;',
    },
    {
      name: 'a hold begins with its last token',
      find: 'this.#nextToken = lastToken - tokensPerGrant + 1;',
      replace: 'this.#nextToken = lastToken;',
    },
    {
      name: 'a hold is made to fit by a shorter TTL',
      find: 'await this.extend(Math.max(ttlMs, this.#ttlMs), { fence: lastToken, withinMs });',
      replace: 'await this.extend(ttlMs, { fence: lastToken, withinMs });',
      equivalent: 'it is made to fit only for a longer TTL than its own; the servers keep the longer one',
    },
    {
      name: 'a hold may take any time to be made to fit',
      find: '{ fence: lastToken, withinMs });',
      replace: '{ fence: lastToken });',
    },
    {
      name: 'an extension goes on after the end of the validity',
      find: 'Math.ceil(Math.min(this.validForMs(), withinMs ?? Number.POSITIVE_INFINITY)),',
      replace: 'withinMs ?? 60_000,',
      equivalent: 'who asked sets a limit; a node that still has the lock has had it without a break',
    },
    {
      name: 'an extension goes on after its lease has ended',
      find: 'if (this.#over || !isWanted()) {',
      replace: 'if (this.#over) {',
      equivalent: 'it is answered too late for the lease, and refused once the lock is not its any more',
    },
    {
      name: 'an extension goes on after its hold has ended',
      find: 'if (this.#over || !isWanted()) {',
      replace: 'if (!isWanted()) {',
      equivalent: 'it is answered too late for the lease, and refused once the lock is not its any more',
    },
    {
      name: 'an extension outlives its lease and its hold',
      find: 'if (this.#over || !isWanted()) {',
      replace: 'if (!this.#won) {',
      equivalent: 'it is answered too late for the lease, and refused once the lock is not its any more',
    },
    {
      name: 'an extension needs one node less than a quorum',
      find: 'else if (kept >= quorum) {',
      replace: 'else if (kept >= Math.max(1, quorum - 1)) {',
    },
    {
      name: 'an extension needs all nodes',
      find: 'else if (kept >= quorum) {',
      replace: 'else if (kept >= standings.length) {',
    },
    {
      name: 'an extension takes a lost lock again',
      find: `          } else if (gone.length > standings.length - quorum) {
            settle('lost');
`,
      replace: `          } else if (gone.length > standings.length - quorum) {
            for (const standing of gone.splice(0)) standing.ask(this.#won.clock());
`,
    },
    {
      name: 'a node that has lost the lock is not taken back',
      find: 'for (const standing of gone.splice(0)) standing.ask(this.#won.clock());',
      replace: '',
      equivalent: 'the quorum keeps it; a node that is not taken back is a reserve that is missing',
    },
    {
      name: 'a node is taken back before the quorum has kept the lock',
      find: 'else gone.push(standing);',
      replace: `else {
              gone.push(standing);
              standing.ask(this.#won.clock());
            }`,
    },
    {
      name: 'an extension is never tried again',
      find: 'again = runtime.setTimer(round, pauseMs * (1 + 1.5 * runtime.random()));',
      replace: '',
    },
    {
      name: 'an extension is tried again without a pause',
      find: 'runtime.setTimer(round, pauseMs * (1 + 1.5 * runtime.random()))',
      replace: 'runtime.setTimer(round, 0)',
    },
    {
      name: 'an extension is tried again as often after the tenth time as after the first',
      find: 'pauseMs = Math.min(2 * pauseMs, Math.max(20, this.validForMs() / 8), 400);',
      replace: '',
    },
    {
      name: 'a release leaves the hold open',
      find: `    const { standings, quorum } = this.#won;
    this.end();
`,
      replace: `    const { standings, quorum } = this.#won;
`,
    },
    {
      name: 'a release asks one node only',
      find: 'for (const standing of standings) {\n        standing.release(',
      replace: 'for (const standing of standings.slice(0, 1)) {\n        standing.release(',
    },
    {
      name: 'a release says "released" for one node',
      find: `if (had >= quorum) resolve('released');`,
      replace: `if (had >= 1) resolve('released');`,
    },
    {
      name: 'a release says "released" whatever the answer',
      find: `else if (hadNot > standings.length - quorum) resolve('expired');`,
      replace: `else if (hadNot > standings.length - quorum) resolve('released');`,
    },
    {
      name: 'a release says "expired" whatever the answer',
      find: `if (had >= quorum) resolve('released');`,
      replace: `if (had >= quorum) resolve('expired');`,
    },
  ]),
  ...mutantsOf('src/lease.ts', [
    {
      name: 'a lease counts its own TTL only',
      find: 'this.dueAt = this.#grantedAt + Math.min(hold.validForMs(), grantor.validityMs(ttlMs));',
      replace: 'this.dueAt = this.#grantedAt + grantor.validityMs(ttlMs);',
    },
    {
      name: 'a lease counts what is left of the hold only',
      find: 'this.dueAt = this.#grantedAt + Math.min(hold.validForMs(), grantor.validityMs(ttlMs));',
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
      find: 'this.#releasing ??= this.#giveUp();',
      replace: 'this.#releasing = this.#giveUp();',
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
    this.#stopClocks();`,
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
    this.#stopClocks();`,
      replace: `    this.#state = 'lost';`,
      equivalent: 'they find that it is lost',
    },
    {
      name: 'a loss is not passed on',
      find: '    this.#options.grantor.onLoss(this.#options.hold, reason);\n',
      replace: '',
    },
  ]),
  ...mutantsOf('src/lock.ts', [
    {
      name: 'a grant whose caller has gone is not given up',
      find: 'else node.giveUp(lockKeys(grant.key), grant.id, defaultTtlMs); // its caller has gone meanwhile',
      replace: '',
      equivalent: 'a caller that leaves releases it as well; this is sooner where that was lost',
    },
    {
      name: 'claims are not notified of their grants',
      find: 'if (claim) claim.onGrant(node, grant);\n        else',
      replace: 'if (!claim)',
    },
    {
      name: 'several nodes mint tokens by their own clocks',
      find: `(clients.length === 1 ? '' : String(Math.round(runtime.wallClock() * 1000)))`,
      replace: `''`,
      equivalent: 'the highest token of the quorum is then confirmed: one request more',
    },
    {
      name: 'a contender that is idle is kept',
      find: 'if (contenders.get(key) === contender) contenders.delete(key);',
      replace: '',
    },
    {
      name: 'a closed lock can be acquired',
      find: `      if (closing) return resolve({ outcome: 'unavailable', cause: new Error('this lock has been closed') });\n`,
      replace: '',
    },
    {
      name: 'an acquire whose signal was aborted before waits',
      find: `      if (signal?.aborted) return resolve({ outcome: 'aborted' });\n`,
      replace: '',
      equivalent: 'its waiter is aborted when it is armed or served',
    },
    {
      name: 'close leaves the keys as they are',
      find: '        await Promise.all([...contenders.values()].map((contender) => contender.close()));\n',
      replace: '',
    },
    {
      name: 'close leaves the nodes open',
      find: '        await Promise.all(nodes.map((node) => node.close()));\n',
      replace: '',
    },
  ]),
];
