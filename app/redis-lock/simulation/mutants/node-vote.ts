import { type Mutant, mutantsOf } from './mutant.ts';

const nodeVote = mutantsOf('src/node-vote.ts', [
  {
    name: 'what was confirmed counts no more while it is asked for again',
    find: `    this.answer = 'asked';
    const answered`,
    replace: `    this.answer = 'asked';
    this.validUntil = 0;
    const answered`,
  },
  {
    name: 'an attempt that is over asks on',
    find: 'if (acquirer.isOver) return;',
    replace: '',
    equivalent: 'every caller checks first whether the attempt is over',
  },
  {
    name: 'an answer counts for an id that was abandoned',
    find: 'if (id !== this.id) return; // a later request on the same connection has released this id',
    replace: '',
  },
  {
    name: 'an acquire is sent again although its attempt is over',
    find: 'const isWanted = () => !acquirer.isOver && id === this.id;',
    replace: 'const isWanted = () => true;',
    equivalent: 'the simulated servers know every script: no request is sent a second time',
  },
  {
    name: 'validity counts from the answer to an acquire',
    find: `        this.#confirmTtl(askedAt, ttlMs);
        this.#markGranted(`,
    replace: `        this.#confirmTtl(runtime.now(), ttlMs);
        this.#markGranted(`,
  },
  {
    name: 'validity counts from the answer to an extension',
    find: `          this.#confirmTtl(askedAt, ttlMs);
          return done('kept');`,
    replace: `          this.#confirmTtl(runtime.now(), ttlMs);
          return done('kept');`,
  },
  {
    name: 'what a lost acquire was to abandon stays',
    find: 'if (error) this.#releasePrevious(previous);',
    replace: '',
  },
  {
    name: 'what an acquire that was not sent was to abandon stays',
    find: `    } else {
      this.#releasePrevious(previous);
      this.#fail(`,
    replace: `    } else {
      this.#fail(`,
  },
  {
    name: 'an id is used again after it was abandoned',
    find: 'this.id = this.#acquirer.newId();',
    replace: '',
  },
  {
    name: 'a grant notification of an earlier id counts',
    find: `if (id !== this.id || this.answer === 'granted') return;`,
    replace: `if (this.answer === 'granted') return;`,
  },
  {
    name: 'a notification counts after an answer has granted the lock',
    find: `if (id !== this.id || this.answer === 'granted') return;`,
    replace: `if (id !== this.id) return;`,
    equivalent: 'it only ever lengthens a validity, by a moment that is proven; one request more otherwise',
  },
  {
    name: 'a notification is believed while no request can be sent',
    find: ' && this.node.isConnected',
    replace: '',
    equivalent: 'the lock is held, but cannot be released before the connection is back',
  },
  {
    name: 'a notification is believed although older than the answer',
    find: 'if (lastBusy && lastToken <= lastBusy.fence) return;',
    replace: '',
  },
  {
    name: 'an offer is believed',
    find: 'ttlMs >= acquirer.ttlMs && ',
    replace: '',
    equivalent: 'the lease is as short as the offer, and as safe; or it is confirmed',
  },
  {
    name: 'an offer is believed, for the full TTL',
    find: 'const isUsable = ttlMs >= acquirer.ttlMs',
    replace: 'ttlMs = acquirer.ttlMs;\n    const isUsable = true',
  },
  {
    name: 'no notification is believed',
    find: 'const leftMs = lastBusy && isUsable ?',
    replace: 'const leftMs = lastBusy && isUsable && false ?',
    equivalent: 'each is asked about: one request more',
  },
  {
    name: 'a notification is believed whatever is left of it',
    find: 'if (lastBusy && leftMs > minTrustedShare * acquirer.validityMs(ttlMs)) {',
    replace: 'if (lastBusy && leftMs > 0) {',
    equivalent: 'the lease is shorter, and as safe',
  },
  {
    name: 'a notification is believed before there was an answer',
    find: `    const leftMs = lastBusy && isUsable ? lastBusy.askedAt + acquirer.validityMs(ttlMs) - now : 0;
    if (lastBusy && leftMs > minTrustedShare * acquirer.validityMs(ttlMs)) {
      this.#confirmTtl(lastBusy.askedAt, ttlMs);`,
    replace: `    if (isUsable) {
      this.#confirmTtl(lastBusy?.askedAt ?? now, ttlMs);`,
  },
  {
    name: 'a grant by notification counts from the moment it is heard',
    find: 'this.#confirmTtl(lastBusy.askedAt, ttlMs);',
    replace: 'this.#confirmTtl(now, ttlMs);',
  },
  {
    name: 'a notification that is not believed is forgotten',
    find: `    } else {
      this.ask(acquirer.clock());
    }`,
    replace: '    }',
  },
  {
    name: 'an answer overtaken by the notification takes the grant back',
    find: 'if (askedAt < this.#trusted.at && fence < this.#trusted.token) return;',
    replace: '',
  },
  {
    name: 'a notification outweighs all later answers',
    find: 'if (askedAt < this.#trusted.at && fence < this.#trusted.token) return;',
    replace: 'if (this.#trusted.token > 0) return;',
  },
  {
    name: 'what was granted stays valid when the lock is held elsewhere',
    find: 'this.validUntil = 0; // we may have held it, and lost it',
    replace: '',
  },
  {
    name: 'a question is taken to have been asked when it is answered',
    find: 'fence > 0 ? { fence, askedAt } : undefined;',
    replace: 'fence > 0 ? { fence, askedAt: this.#acquirer.runtime.now() } : undefined;',
  },
  {
    name: 'an extension that is answered "gone" leaves the validity',
    find: `        this.validUntil = 0;
        done('gone');`,
    replace: `        done('gone');`,
    equivalent: 'a lease counts from its own extension, and a node that has lost its data stays away for a TTL',
  },
  {
    name: 'an extension counts as kept whatever the answer',
    find: 'if (Number(reply) === 1) {',
    replace: 'if (reply !== undefined) {',
  },
  {
    name: 'an extension names no id of its own',
    find: 'trimmed(id, String(ttlMs), fence)',
    replace: `trimmed(id.replace(/\\.\\d+/, ''), String(ttlMs), fence)`,
  },
  {
    name: 'an attempt abandons only what it was granted',
    find: `if (this.mayKnowId && (this.answer !== 'busy' || waits)) node.releaseInBackground`,
    replace: `if (this.answer === 'granted') node.releaseInBackground`,
  },
  {
    name: 'an attempt does not abandon what it may have been granted',
    find: `if (this.mayKnowId && (this.answer !== 'busy' || waits)) node.releaseInBackground`,
    replace: `if (this.mayKnowId && this.answer !== 'busy' && this.answer !== 'asked') this.node.releaseInBackground`,
  },
  {
    name: 'an attempt that was refused is abandoned all the same',
    find: `if (this.mayKnowId && (this.answer !== 'busy' || waits)) node.releaseInBackground`,
    replace: 'this.node.releaseInBackground',
    equivalent: 'the node has nothing to abandon: one request more',
  },
  {
    name: 'a grant that came too late counts',
    find: `    if (this.validUntil <= now) {
      this.answer = 'failed';
      this.error = new Error('Redis took longer to answer than the TTL of the lock');
      return false;
    }
`,
    replace: '',
  },
]);

const quorum = mutantsOf('src/quorum.ts', [
  {
    name: 'quorum less one for the validity',
    find: 'if (granted >= quorum) latest',
    replace: 'if (granted >= Math.max(1, quorum - 1)) latest',
  },
  {
    name: 'the validity is that of the shortest grant',
    find: 'if (granted >= quorum) latest',
    replace: 'if (granted >= votes.length) latest',
  },
]);

export const nodeVoteMutants: readonly Mutant[] = [...nodeVote, ...quorum];
