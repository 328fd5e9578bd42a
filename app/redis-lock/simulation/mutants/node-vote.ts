import { type Mutant, mutantsOf } from './mutant.ts';

const nodeVote = mutantsOf('src/node-vote.ts', {
  'what was confirmed counts no more while it is asked for again': [
    `    this.answer = 'asked';
    const answered`,
    `    this.answer = 'asked';
    this.validUntil = 0;
    const answered`,
  ],
  'an attempt that is over asks on': ['if (acquirer.isOver) return;', ''],
  'an answer counts for an id that was abandoned': [
    'if (id !== this.id) return; // a later request on the same connection has released this id',
    '',
  ],
  'an acquire is sent again although its attempt is over': [
    'const isWanted = () => !acquirer.isOver && id === this.id;',
    'const isWanted = () => true;',
  ],
  'validity counts from the answer to an acquire': [
    `        this.#confirmTtl(askedAt, ttlMs);
        this.#markGranted(`,
    `        this.#confirmTtl(runtime.now(), ttlMs);
        this.#markGranted(`,
  ],
  'validity counts from the answer to an extension': [
    `          this.#confirmTtl(askedAt, ttlMs);
          return done('kept');`,
    `          this.#confirmTtl(runtime.now(), ttlMs);
          return done('kept');`,
  ],
  'what a lost acquire was to abandon stays': ['if (error) this.#releasePrevious(previous);', ''],
  'what an acquire that was not sent was to abandon stays': [
    `    } else {
      this.#releasePrevious(previous);
      this.#fail(`,
    `    } else {
      this.#fail(`,
  ],
  'an id is used again after it was abandoned': ['this.id = this.#acquirer.newId();', ''],
  'a grant notification of an earlier id counts': [
    `if (id !== this.id || this.answer === 'granted') return;`,
    `if (this.answer === 'granted') return;`,
  ],
  'a notification counts after an answer has granted the lock': [
    `if (id !== this.id || this.answer === 'granted') return;`,
    `if (id !== this.id) return;`,
    'it only ever lengthens a validity, by a moment that is proven; one request more otherwise',
  ],
  'a notification is believed while no request can be sent': [
    ' && this.node.isConnected',
    '',
    'the lock is held, but cannot be released before the connection is back',
  ],
  'a notification is believed although older than the answer': [
    'if (lastBusy && lastToken <= lastBusy.fence) return;',
    '',
  ],
  'an offer is believed': [
    'ttlMs >= acquirer.ttlMs && ',
    '',
    'the lease is as short as the offer, and as safe; or it is confirmed',
  ],
  'an offer is believed, for the full TTL': [
    'const isUsable = ttlMs >= acquirer.ttlMs',
    'ttlMs = acquirer.ttlMs;\n    const isUsable = true',
  ],
  'no notification is believed': [
    'const leftMs = lastBusy && isUsable ?',
    'const leftMs = lastBusy && isUsable && false ?',
    'each is asked about: one request more',
  ],
  'a notification is believed whatever is left of it': [
    'if (lastBusy && leftMs > minTrustedShare * acquirer.validityMs(ttlMs)) {',
    'if (lastBusy && leftMs > 0) {',
    'the lease is shorter, and as safe',
  ],
  'a notification is believed before there was an answer': [
    `    const leftMs = lastBusy && isUsable ? lastBusy.askedAt + acquirer.validityMs(ttlMs) - now : 0;
    if (lastBusy && leftMs > minTrustedShare * acquirer.validityMs(ttlMs)) {
      this.#confirmTtl(lastBusy.askedAt, ttlMs);`,
    `    if (isUsable) {
      this.#confirmTtl(lastBusy?.askedAt ?? now, ttlMs);`,
  ],
  'a grant by notification counts from the moment it is heard': [
    'this.#confirmTtl(lastBusy.askedAt, ttlMs);',
    'this.#confirmTtl(now, ttlMs);',
  ],
  'a notification that is not believed is forgotten': [
    `    } else {
      this.ask(acquirer.clock());
    }`,
    '    }',
  ],
  'an answer overtaken by the notification takes the grant back': [
    'if (askedAt < this.#trusted.at && fence < this.#trusted.token) return;',
    '',
  ],
  'a notification outweighs all later answers': [
    'if (askedAt < this.#trusted.at && fence < this.#trusted.token) return;',
    'if (this.#trusted.token > 0) return;',
  ],
  'what was granted stays valid when the lock is held elsewhere': [
    'this.validUntil = 0; // we may have held it, and lost it',
    '',
  ],
  'a question is taken to have been asked when it is answered': [
    'fence > 0 ? { fence, askedAt } : undefined;',
    'fence > 0 ? { fence, askedAt: this.#acquirer.runtime.now() } : undefined;',
  ],
  'an extension that is answered "gone" leaves the validity': [
    `        this.validUntil = 0;
        done('gone');`,
    `        done('gone');`,
    'a lease counts from its own extension, and a node that has lost its data stays away for a TTL',
  ],
  'an extension counts as kept whatever the answer': ['if (Number(reply) === 1) {', 'if (reply !== undefined) {'],
  'an extension names no id of its own': [
    'trimmed(id, String(ttlMs), fence)',
    `trimmed(id.replace(/\\.\\d+/, ''), String(ttlMs), fence)`,
  ],
  'an attempt abandons only what it was granted': [
    `if (this.mayKnowId && (this.answer !== 'busy' || waits)) node.releaseInBackground`,
    `if (this.answer === 'granted') node.releaseInBackground`,
  ],
  'an attempt does not abandon what it may have been granted': [
    `if (this.mayKnowId && (this.answer !== 'busy' || waits)) node.releaseInBackground`,
    `if (this.mayKnowId && this.answer !== 'busy' && this.answer !== 'asked') this.node.releaseInBackground`,
  ],
  'an attempt that was refused is abandoned all the same': [
    `if (this.mayKnowId && (this.answer !== 'busy' || waits)) node.releaseInBackground`,
    'this.node.releaseInBackground',
    'the node has nothing to abandon: one request more',
  ],
  'a grant that came too late counts': [
    `    if (this.validUntil <= now) {
      this.#fail(new Error('Redis took longer to answer than the TTL of the lock'));
      return;
    }
`,
    '',
  ],
});

const quorum = mutantsOf('src/quorum.ts', {
  'quorum less one for the validity': [
    'if (granted >= quorum) latest',
    'if (granted >= Math.max(1, quorum - 1)) latest',
  ],
  'the validity is that of the shortest grant': [
    'if (granted >= quorum) latest',
    'if (granted >= votes.length) latest',
  ],
});

export const nodeVoteMutants: readonly Mutant[] = [...nodeVote, ...quorum];
