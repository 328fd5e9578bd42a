import { type Mutant, mutantsOf } from './mutant.ts';

const hold = mutantsOf('src/hold.ts', {
  'a hold that is over is valid': ['if (this.#over) return 0;', '', 'a hold that is over is never asked'],
  'a hold is handed over although a longer TTL is needed': ['return ttlMs <= this.#ttlMs && (', 'return ('],
  'a hold gives the same token twice': ['return this.#nextToken++;', 'return this.#nextToken;'],
  'a hold begins with its last token': [
    'this.#nextToken = lastToken - tokensPerGrant + 1;',
    'this.#nextToken = lastToken;',
  ],
  'a hold is made to fit by a shorter TTL': [
    'await this.extend(Math.max(ttlMs, this.#ttlMs), { fence, withinMs });',
    'await this.extend(ttlMs, { fence, withinMs });',
    'it is made to fit only for a longer TTL than its own; the servers keep the longer one',
  ],
  'a hold may take any time to be made to fit': ['{ fence, withinMs });', '{ fence });'],
  'an extension goes on after the end of the validity': [
    'Math.ceil(Math.min(this.validForMs(), withinMs ?? Number.POSITIVE_INFINITY)),',
    'withinMs ?? 60_000,',
    'the lease sets a limit; what is read after the end of the validity does not count',
  ],
  'an extension goes on after its lease has ended': ['this.#over || !isWanted();', 'this.#over;'],
  'an extension goes on after its hold has ended': [
    'this.#over || !isWanted();',
    '!isWanted();',
    'a lease ends with its hold; without a lease, an extension ends before its hold',
  ],
  'an answer to an extension counts after its lease has ended': [
    'if (hasEnded()) {\n            settle',
    'if (!this.#grant) {\n            settle',
    'it is answered too late for the lease, and refused once the lock is not its any more',
  ],
  'an extension is tried again after its lease has ended': [
    'if (hasEnded()) {\n          settle',
    'if (!this.#grant) {\n          settle',
  ],
  'an extension counts although it was read after the end of the validity': [
    "if (runtime.now() >= validUntil) settle('lost');\n            else ",
    '',
  ],
  'an extension needs one node less than a quorum': [
    'else if (kept >= quorum) {',
    'else if (kept >= Math.max(1, quorum - 1)) {',
  ],
  'an extension needs all nodes': ['else if (kept >= quorum) {', 'else if (kept >= votes.length) {'],
  'an extension takes a lost lock again': [
    `          } else if (gone.length > votes.length - quorum) {
            settle('lost');
`,
    `          } else if (gone.length > votes.length - quorum) {
            for (const vote of gone.splice(0)) vote.ask(this.#grant.clock());
`,
  ],
  'a node that has lost the lock is not taken back': [
    'for (const vote of gone.splice(0)) vote.ask(this.#grant.clock());',
    '',
    'the quorum keeps it; a node that is not taken back is a reserve that is missing',
  ],
  'a node is taken back before the quorum has kept the lock': [
    'else gone.push(vote);',
    `else {
              gone.push(vote);
              vote.ask(this.#grant.clock());
            }`,
  ],
  'an extension is never tried again': ['again = runtime.setTimer(round, pauseMs * (1 + 1.5 * runtime.random()));', ''],
  'an extension is tried again without a pause': [
    'runtime.setTimer(round, pauseMs * (1 + 1.5 * runtime.random()))',
    'runtime.setTimer(round, 0)',
  ],
  'an extension is tried again as often after the tenth time as after the first': [
    'pauseMs = Math.min(2 * pauseMs, Math.max(20, this.validForMs() / 8), 400);',
    '',
  ],
  'a release leaves the hold open': [
    `    const clock = this.#grant.clock();
    this.end();
`,
    `    const clock = this.#grant.clock();
`,
  ],
  'a release asks one node only': [
    'for (const vote of votes) {\n        vote.release(',
    'for (const vote of votes.slice(0, 1)) {\n        vote.release(',
  ],
  'a release says "released" for one node': [
    `if (had >= quorum) resolve('released');`,
    `if (had >= 1) resolve('released');`,
  ],
  'a release says "released" whatever the answer': [
    `else if (hadNot > votes.length - quorum) resolve('expired');`,
    `else if (hadNot > votes.length - quorum) resolve('released');`,
  ],
  'a release says "expired" whatever the answer': [
    `if (had >= quorum) resolve('released');`,
    `if (had >= quorum) resolve('expired');`,
  ],
});

const script = mutantsOf('src/script.ts', {
  'a hold takes more tokens than were reserved': [
    'export const tokensPerGrant = 16;',
    'export const tokensPerGrant = 32;',
  ],
});

export const holdMutants: readonly Mutant[] = [...hold, ...script];
