import { type Mutant, mutantsOf } from './mutant.ts';

const standing = mutantsOf('src/node-vote.ts', [
  {
    name: 'what was confirmed counts no more while it is asked for again',
    find: `    this.answer = 'asked';
    const wait`,
    replace: `    this.answer = 'asked';
    this.validUntil = 0;
    const wait`,
  },
  {
    name: 'a claim that is over asks on',
    find: 'if (bidder.isOver) return;',
    replace: '',
    equivalent: 'every caller checks first whether the claim is over',
  },
  {
    name: 'an answer counts for an id that was given up',
    find: 'if (id !== this.id) return; // given up meanwhile, by a later request on the same connection',
    replace: '',
  },
  {
    name: 'an acquire is sent again although its claim is over',
    find: '{ isWanted: () => !bidder.isOver && id === this.id },',
    replace: '{},',
    equivalent: 'the simulated servers know every script: no request is sent a second time',
  },
  {
    name: 'validity counts from the answer to an acquire',
    find: `          this.#extended(askedAt, ttlMs);
          this.#isGranted(Number(reply));`,
    replace: `          this.#extended(runtime.now(), ttlMs);
          this.#isGranted(Number(reply));`,
  },
  {
    name: 'validity counts from the answer to an extension',
    find: `          this.#extended(askedAt, ttlMs);
          return done('kept');`,
    replace: `          this.#extended(runtime.now(), ttlMs);
          return done('kept');`,
  },
  {
    name: 'what a lost acquire was to give up stays',
    find: 'if (error) this.#releasePrevious(previous);',
    replace: '',
  },
  {
    name: 'what an acquire that was not sent was to give up stays',
    find: `    } else {
      this.#releasePrevious(previous);
      this.#fail(`,
    replace: `    } else {
      this.#fail(`,
  },
  {
    name: 'an id is used again after it was given up',
    find: 'this.id = this.#bidder.newId();',
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
    find: 'if (seen && lastToken <= seen.fence) return;',
    replace: '',
  },
  {
    name: 'an offer is believed',
    find: 'ttlMs >= bidder.ttlMs && ',
    replace: '',
    equivalent: 'the lease is as short as the offer, and as safe; or it is confirmed',
  },
  {
    name: 'an offer is believed, for the full TTL',
    find: 'const isUsable = ttlMs >= bidder.ttlMs',
    replace: 'ttlMs = bidder.ttlMs;\n    const isUsable = true',
  },
  {
    name: 'no notification is believed',
    find: 'const worthMs = seen && isUsable ?',
    replace: 'const worthMs = seen && isUsable && false ?',
    equivalent: 'each is asked about: one request more',
  },
  {
    name: 'a notification is believed whatever is left of it',
    find: 'if (seen && worthMs > worthBelieving * bidder.validityMs(ttlMs)) {',
    replace: 'if (seen && worthMs > 0) {',
    equivalent: 'the lease is shorter, and as safe',
  },
  {
    name: 'a notification is believed before there was an answer',
    find: `    const worthMs = seen && isUsable ? seen.askedAt + bidder.validityMs(ttlMs) - bidder.runtime.now() : 0;
    if (seen && worthMs > worthBelieving * bidder.validityMs(ttlMs)) {
      this.#extended(seen.askedAt, ttlMs);`,
    replace: `    if (isUsable) {
      this.#extended(seen?.askedAt ?? bidder.runtime.now(), ttlMs);`,
  },
  {
    name: 'a grant by notification counts from the moment it is heard',
    find: 'this.#extended(seen.askedAt, ttlMs);',
    replace: 'this.#extended(bidder.runtime.now(), ttlMs);',
  },
  {
    name: 'a notification that is not believed is forgotten',
    find: `    } else {
      this.ask(bidder.clock());
    }`,
    replace: '    }',
  },
  {
    name: 'an answer overtaken by the notification takes the grant back',
    find: 'if (fence < this.#believed) return;',
    replace: '',
  },
  {
    name: 'a notification outweighs all later answers',
    find: 'if (fence < this.#believed) return;',
    replace: 'if (this.#believed > 0) return;',
  },
  {
    name: 'what was granted stays valid when the lock is held elsewhere',
    find: 'this.validUntil = 0; // it may have been ours, and lost',
    replace: '',
  },
  {
    name: 'a question is taken to have been asked when it is answered',
    find: 'this.#seen = { fence, askedAt };',
    replace: 'this.#seen = { fence, askedAt: this.#bidder.runtime.now() };',
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
    find: 'shortened(id, String(ttlMs), fence)',
    replace: `shortened(id.replace(/\\.\\d+/, ''), String(ttlMs), fence)`,
  },
  {
    name: 'a release that is lost on its way is not repeated',
    find: 'onUndelivered: giveUp,',
    replace: '',
  },
  {
    name: 'a release that was not sent is not repeated',
    find: `    giveUp();
    done(false);`,
    replace: '    done(false);',
  },
  {
    name: 'a claim gives up only what it was granted',
    find: `if (this.told && (this.answer !== 'busy' || waits)) this.node.giveUp`,
    replace: `if (this.answer === 'granted') this.node.giveUp`,
  },
  {
    name: 'a claim does not give up what it may have been granted',
    find: `if (this.told && (this.answer !== 'busy' || waits)) this.node.giveUp`,
    replace: `if (this.told && this.answer !== 'busy' && this.answer !== 'asked') this.node.giveUp`,
  },
  {
    name: 'an attempt that was refused is given up all the same',
    find: `if (this.told && (this.answer !== 'busy' || waits)) this.node.giveUp`,
    replace: 'this.node.giveUp',
    equivalent: 'the node has nothing to give up: one request more',
  },
  {
    name: 'a grant that came too late counts',
    find: `    if (this.validUntil <= this.#bidder.runtime.now()) {
      this.answer = 'failed';
      this.error = new Error('Redis took longer to answer than the lock was to live');
      return false;
    }
`,
    replace: '',
  },
  {
    name: 'quorum less one for the validity',
    find: '.sort((a, b) => b - a)[quorum - 1] ?? 0;',
    replace: '.sort((a, b) => b - a)[Math.max(0, quorum - 2)] ?? 0;',
  },
  {
    name: 'the validity is that of the shortest grant',
    find: '.sort((a, b) => b - a)[quorum - 1] ?? 0;',
    replace: '.sort((a, b) => a - b)[0] ?? 0;',
  },
]);

const claim = mutantsOf('src/acquire-attempt.ts', [
  {
    name: 'quorum less one',
    find: 'this.quorum = Math.floor(nodes.length / 2) + 1;',
    replace: 'this.quorum = Math.max(1, Math.floor(nodes.length / 2));',
  },
  {
    name: 'all nodes have to grant',
    find: 'this.quorum = Math.floor(nodes.length / 2) + 1;',
    replace: 'this.quorum = nodes.length;',
  },
  {
    name: 'a claim asks with the clock of its arrival',
    find: `  clock(): string {
    return this.#context.clock();
  }`,
    replace: `  clock(): string {
    return this.arrival ?? this.#context.clock();
  }`,
    equivalent: 'a clock that is 30 s behind is not believed, and a fence lives for a minute',
  },
  {
    name: 'each look names a new arrival',
    find: '  readonly arrival: string;',
    replace: `  get arrival(): string {
    return this.clock();
  }
  set arrival(_: string) {}`,
    equivalent: 'a place in a queue is kept; the nodes may come to differ in their order, and split more often',
  },
  {
    name: 'a grant that has run out counts towards the quorum',
    find: `if (answer === 'granted' && validUntil > now) granted += 1;`,
    replace: `if (answer === 'granted') granted += 1;`,
    equivalent: 'the hold that is made of it is worth nothing, and has to be confirmed',
  },
  {
    name: 'a claim goes on without being registered for notifications',
    find: 'this.#context.claims.set(this.number, this);',
    replace: '',
  },
  {
    name: 'a claim that is over is not forgotten',
    find: 'this.#context.claims.delete(this.number);',
    replace: '',
  },
  {
    name: 'a claim that is over looks once more',
    find: `    this.#state = 'over';
    this.runtime.clearTimer(this.#timer);`,
    replace: `    this.#state = 'over';`,
    equivalent: 'the look finds that it is over',
  },
  {
    name: 'a look is never repeated',
    find: 'this.#lookAfter(Math.min(pauseMs, heldForMs + 5 + 45 * this.runtime.random()));',
    replace: '',
  },
  {
    name: 'a look is not before the lock would expire',
    find: 'Math.min(pauseMs, heldForMs + 5 + 45 * this.runtime.random())',
    replace: 'heldForMs + 5 + 45 * this.runtime.random()',
  },
  {
    name: 'a look is as rare when nothing is heard',
    find: '(isHeard ? lookInMs : unheardLookInMs)',
    replace: 'lookInMs',
    equivalent: 'an offer may expire, and is found a second later',
  },
  {
    name: 'a look does not reckon with the expiry of the lock',
    find: 'Math.min(pauseMs, heldForMs + 5 + 45 * this.runtime.random())',
    replace: 'pauseMs',
    equivalent: 'a lock whose holder has died is then taken up to a second later, which a look may take anyway',
  },
  {
    name: 'a waiter polls',
    find: 'Math.min(pauseMs, heldForMs + 5 + 45 * this.runtime.random())',
    replace: '1',
  },
  {
    name: 'a split vote is asked about without growing pauses',
    find: 'this.#splitPauseMs = Math.min(2 * this.#splitPauseMs, lookInMs);',
    replace: '',
  },
  {
    name: 'a split vote is kept until it expires',
    find: `if (standing.answer === 'granted') standing.askAnew(clock);
        else if`,
    replace: 'if',
  },
  {
    name: 'a split vote is asked about under the same id',
    find: `if (standing.answer === 'granted') standing.askAnew(clock);`,
    replace: `if (standing.answer === 'granted') standing.ask(clock, standing.id);`,
  },
  {
    name: 'a split vote is never looked at again',
    find: `      this.#lookAfter(this.#splitPauseMs * this.runtime.random());
      this.#splitPauseMs =`,
    replace: '      this.#splitPauseMs =',
  },
  {
    name: 'a node that can be heard again is not asked',
    find: `if (this.#state === 'queued') this.standings.find((standing) => standing.node === node)?.ask(this.clock());`,
    replace: '',
    equivalent: 'the next look finds what was granted meanwhile',
  },
  {
    name: 'a claim that is given up leaves its grants and places',
    find: 'for (const standing of this.standings) standing.giveUp();',
    replace: '',
  },
  {
    name: 'one who waits does not ride out a lost connection',
    find: `if ((this.#state === 'queued' || this.#follows) && now - this.#unreachableSince`,
    replace: 'if (false && now - this.#unreachableSince',
  },
  {
    name: 'one who waits asks for ever without a connection',
    find: `(this.#state === 'queued' || this.#follows) && now - this.#unreachableSince < this.#context.timeoutMs`,
    replace: `this.#state === 'queued' || this.#follows`,
    equivalent: 'it is refused as "busy" when its wait is over',
  },
  {
    name: 'a new claim is undecided while any answer is open',
    find: 'const undecided = open > 0 && granted + open >= this.quorum;',
    replace: 'const undecided = open > 0;',
    equivalent: 'the refusal waits for the slowest node, at most for the node timeout',
  },
  {
    name: 'a claim decides before all answers that could grant it',
    find: 'const undecided = open > 0 && granted + open >= this.quorum;',
    replace: 'const undecided = false;',
    equivalent: 'it is refused or queues, as if it had come a moment later',
  },
  {
    name: 'the token of a quorum is its lowest',
    find: 'lastToken = Math.max(lastToken, standing.lastToken);',
    replace: 'lastToken = lastToken === 0 ? standing.lastToken : Math.min(lastToken, standing.lastToken);',
  },
  {
    name: 'nodes that minted different tokens count as agreed',
    find: 'agreed &&= lastToken === 0 || standing.lastToken === lastToken;',
    replace: '',
  },
  {
    name: 'a hold is given out although little is left of it',
    find: 'if (agreed && hold.validForMs() > this.ttlMs / 2) this.#held(hold);',
    replace: 'if (agreed) this.#held(hold);',
    equivalent: 'the lease is shorter than its TTL, and as safe',
  },
  {
    name: 'a confirmation does not name the token',
    find: 'await hold.extend(this.ttlMs, { fence: hold.lastToken, withinMs: timeoutMs });',
    replace: 'await hold.extend(this.ttlMs, { withinMs: timeoutMs });',
  },
  {
    name: 'a confirmation may take as long as the lock is valid',
    find: 'await hold.extend(this.ttlMs, { fence: hold.lastToken, withinMs: timeoutMs });',
    replace: 'await hold.extend(this.ttlMs, { fence: hold.lastToken });',
  },
  {
    name: 'a claim given up while it is confirmed is held',
    find: `if (this.#state !== 'confirming') return;`,
    replace: '',
    equivalent: 'a hold that finds no waiter is given up at once',
  },
  {
    name: 'a confirmation that failed counts as held',
    find: `    if (result === 'extended') {
      this.#held(hold);`,
    replace: `    if (result !== 'lost') {
      this.#held(hold);`,
  },
  {
    name: 'a confirmation that failed is not followed by a look',
    find: `      this.#lookAfter(this.#splitPauseMs * this.runtime.random());
    } else if (result === 'lost') {`,
    replace: `    } else if (result === 'lost') {`,
  },
  {
    name: 'nothing is heard of grants',
    find: '    for (const { node } of this.standings) node.listen();\n',
    replace: '',
    equivalent: 'looks find them: slower only',
  },
]);

const contender = mutantsOf('src/local-queue.ts', [
  {
    name: 'one who comes while the lock is held is never armed',
    find: 'else if (this.#hold || this.#queued) this.#arm(waiter);',
    replace: '',
  },
  {
    name: 'those who waited for the answer are never armed when it is held',
    find: `    this.#grant(hold, false);
    for (const waiter of this.#waiters) this.#arm(waiter);`,
    replace: '    this.#grant(hold, false);',
  },
  {
    name: 'those who wait in the queue are never armed',
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
      if (result === 'extended') return this.#grant(hold, handedOn);
`,
    replace: '',
  },
  {
    name: 'a hold is never made to fit',
    find: 'if (hold.fits(waiter.ttlMs, waiter.above)) this.#grantTo',
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
    equivalent: 'the hold is made to fit the one whose turn it is',
  },
  {
    name: 'a lock is handed over without end',
    find: 'if (++turns > tokensPerGrant) break;',
    replace: '',
  },
  {
    name: 'those who come later have their turn in the same hold',
    find: 'if (!next || next.turnOf !== hold ||',
    replace: 'if (next) next.turnOf ??= hold;\n    if (!next || next.turnOf !== hold ||',
  },
  {
    name: 'a lock is handed over although its turns are over',
    find: 'if (!next || next.turnOf !== hold ||',
    replace: 'if (!next ||',
  },
  {
    name: 'a lock is handed over however little is left of it',
    find: 'if (!next || next.turnOf !== hold || hold.validForMs() < 0.9 * this.validityMs(next.ttlMs))',
    replace: 'if (!next || next.turnOf !== hold)',
  },
  {
    name: 'a lock is handed over although it was lost',
    find: `    this.#context.listener.onLost?.({ key: this.keys.lock, reason, holdMs: this.#lease?.heldMs() ?? 0 });
    void this.#passOn(hold);`,
    replace: `    this.#context.listener.onLost?.({ key: this.keys.lock, reason, holdMs: this.#lease?.heldMs() ?? 0 });
    void this.#handOn(hold);`,
    equivalent: 'one that expired has no validity left to be handed over with; one that was lost has none on a quorum',
  },
  {
    name: 'a lock that was lost is not asked for again',
    find: `    this.#context.listener.onLost?.({ key: this.keys.lock, reason, holdMs: this.#lease?.heldMs() ?? 0 });
    void this.#passOn(hold);`,
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
    replace: '    return this.#passOn(hold);',
    equivalent: 'each waiter then gets it from Redis: slower only',
  },
  {
    name: 'the last waiter that leaves does not give up the claim',
    find: 'if (this.#waiters.size === 0 && !this.#hold) this.#giveUp();',
    replace: '',
  },
  {
    name: 'a waiter that leaves gives up the claim of the others',
    find: 'if (this.#waiters.size === 0 && !this.#hold) this.#giveUp();',
    replace: 'if (!this.#hold) this.#giveUp();',
  },
  {
    name: 'a claim that was given up is not given up in Redis',
    find: '    this.#claim?.giveUp();\n',
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
    name: 'close forgets the claim',
    find: '    if (!this.#hold) this.#giveUp();\n',
    replace: '',
  },
  {
    name: 'close does not wait for a hold that is made to fit',
    find: '    await this.#fitting;\n',
    replace: '',
    equivalent: 'closing the nodes waits for every request under way',
  },
  {
    name: 'a process asks without waiting although one waits',
    find: 'this.#claim.ask(this.#isWaiting(), previous?.ids);',
    replace: 'this.#claim.ask(false, previous?.ids);',
  },
]);

const others = [
  ...mutantsOf('src/waiter.ts', [
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
  ]),
  ...mutantsOf('src/signals.ts', [
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
  ]),
  ...mutantsOf('src/pending-releases.ts', [
    {
      name: 'a give-up is not repeated after a lost connection',
      find: 'if (error) this.#sayLater(giveUp);',
      replace: '',
    },
    {
      name: 'a give-up is repeated while there is no connection',
      find: 'if (isBack) this.#say(giveUp);\n      else this.#sayLater(giveUp);',
      replace: 'this.#say(giveUp);',
      equivalent: 'without a connection the client says so at once, and it is said later as before',
    },
    {
      name: 'give-ups are repeated for ever',
      find: 'if (giveUp.until < this.#runtime.now()) continue;',
      replace: '',
      equivalent: 'an id is never used again: giving it up once more changes nothing',
    },
    {
      name: 'give-ups go on after the lock is closed',
      find: 'if (this.#closed) return;',
      replace: '',
      equivalent: 'an id is never used again, and they end with the TTL',
    },
    {
      name: 'close waits for give-ups without a limit',
      find: 'while (this.#unsaid.size > 0 && runtime.now() < deadline) {',
      replace: 'while (this.#unsaid.size > 0) {',
    },
  ]),
  ...mutantsOf('src/grant-notifications.ts', [
    {
      name: 'a subscription counts as heard after it was lost',
      find: `      onDown: () => {
        this.listening = false;
      },`,
      replace: '      onDown: () => {},',
      equivalent: 'looks are as rare as if grants were heard: slower only',
    },
    {
      name: 'a subscription is not reported',
      find: '        onListening();\n',
      replace: '',
      equivalent: 'the next look finds what was granted meanwhile',
    },
    {
      name: 'a subscription is never closed',
      find: '    this.#subscription.close();\n',
      replace: '',
    },
  ]),
  ...mutantsOf('src/node.ts', [
    {
      name: 'a silent node is asked on and on',
      find: 'if (now - this.#silentSince < timeoutMs) return false;',
      replace: '',
      equivalent: 'requests pile up at a node that is silent: traffic only',
    },
    {
      name: 'a node that was silent once is never asked again',
      find: 'if (now - this.#silentSince < timeoutMs) return false;',
      replace: 'return false;',
      equivalent: 'each request ends, by an answer or with its connection, and that ends the silence',
    },
    {
      name: 'a node counts as silent although it has replied',
      find: `  onReply(): void {
    this.#silentSince = undefined;
  }`,
      replace: '  onReply(): void {}',
    },
    {
      name: 'close does not wait for requests under way',
      find: 'if (this.#underWay > 0) {',
      replace: 'if (this.#underWay < 0) {',
      equivalent: 'what was sent arrives all the same',
    },
    {
      name: 'requests have no time limit',
      find: '    deadlines.add(request);\n',
      replace: '',
    },
    {
      name: 'an undelivered request is not reported',
      find: '        if (error) onUndelivered();\n',
      replace: '',
    },
    {
      name: 'close keeps the subscriptions',
      find: '    this.#grants?.close();\n',
      replace: '',
    },
    {
      name: 'close does not wait for give-ups',
      find: '    await this.#giveUps.close(this.#options.timeoutMs);\n',
      replace: '',
      equivalent: 'they go on after it',
    },
  ]),
  ...mutantsOf('src/request.ts', [
    {
      name: 'a reply counts after the time of its request was over',
      find: 'if (this.#pending) this.#settle(error, reply);',
      replace: 'this.#settle(error, reply);',
    },
    {
      name: 'a request is not taken off the deadlines when it ends',
      find: '    this.#sender.onSettled(this);\n',
      replace: '',
    },
  ]),
];

export const waitingMutants: readonly Mutant[] = [...standing, ...claim, ...contender, ...others];
