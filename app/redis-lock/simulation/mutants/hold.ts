import { type Mutant, mutantsOf } from './mutant.ts';

const hold = mutantsOf('src/hold.ts', [
  {
    name: 'a hold that is over is valid',
    find: 'if (this.#over) return 0;',
    replace: '',
    equivalent: 'a hold that is over is never asked',
  },
  {
    name: 'a hold is handed over although a longer TTL is needed',
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
    find: 'await this.extend(Math.max(ttlMs, this.#ttlMs), { fence, withinMs });',
    replace: 'await this.extend(ttlMs, { fence, withinMs });',
    equivalent: 'it is made to fit only for a longer TTL than its own; the servers keep the longer one',
  },
  {
    name: 'a hold may take any time to be made to fit',
    find: '{ fence, withinMs });',
    replace: '{ fence });',
  },
  {
    name: 'an extension goes on after the end of the validity',
    find: 'Math.ceil(Math.min(this.validForMs(), withinMs ?? Number.POSITIVE_INFINITY)),',
    replace: 'withinMs ?? 60_000,',
    equivalent: 'the lease sets a limit; a node that still has the lock has held it without interruption',
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
    replace: 'if (!this.#grant) {',
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
    replace: 'else if (kept >= votes.length) {',
  },
  {
    name: 'an extension takes a lost lock again',
    find: `          } else if (gone.length > votes.length - quorum) {
            settle('lost');
`,
    replace: `          } else if (gone.length > votes.length - quorum) {
            for (const vote of gone.splice(0)) vote.ask(this.#grant.clock());
`,
  },
  {
    name: 'a node that has lost the lock is not taken back',
    find: 'for (const vote of gone.splice(0)) vote.ask(this.#grant.clock());',
    replace: '',
    equivalent: 'the quorum keeps it; a node that is not taken back is a reserve that is missing',
  },
  {
    name: 'a node is taken back before the quorum has kept the lock',
    find: 'else gone.push(vote);',
    replace: `else {
              gone.push(vote);
              vote.ask(this.#grant.clock());
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
    find: `    const clock = this.#grant.clock();
    this.end();
`,
    replace: `    const clock = this.#grant.clock();
`,
  },
  {
    name: 'a release asks one node only',
    find: 'for (const vote of votes) {\n        vote.release(',
    replace: 'for (const vote of votes.slice(0, 1)) {\n        vote.release(',
  },
  {
    name: 'a release says "released" for one node',
    find: `if (had >= quorum) resolve('released');`,
    replace: `if (had >= 1) resolve('released');`,
  },
  {
    name: 'a release says "released" whatever the answer',
    find: `else if (hadNot > votes.length - quorum) resolve('expired');`,
    replace: `else if (hadNot > votes.length - quorum) resolve('released');`,
  },
  {
    name: 'a release says "expired" whatever the answer',
    find: `if (had >= quorum) resolve('released');`,
    replace: `if (had >= quorum) resolve('expired');`,
  },
]);

const script = mutantsOf('src/script.ts', [
  {
    name: 'a hold takes more tokens than were reserved',
    find: 'export const tokensPerGrant = 16;',
    replace: 'export const tokensPerGrant = 32;',
  },
]);

export const holdMutants: readonly Mutant[] = [...hold, ...script];
