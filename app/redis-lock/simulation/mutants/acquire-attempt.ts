import { type Mutant, mutantsOf } from './mutant.ts';

export const acquireAttemptMutants: readonly Mutant[] = mutantsOf('src/acquire-attempt.ts', [
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
    name: 'an attempt asks with the clock of its arrival',
    find: '    return this.#context.clock();',
    replace: '    return this.#arrival;',
    equivalent: 'a clock that is 30 s behind is not believed, and a fence lives for a minute',
  },
  {
    name: 'each look names a new arrival',
    find: '    return this.#arrival;',
    replace: '    return clock;',
    equivalent: 'a place in a queue is kept; the nodes may come to differ in their order, and split more often',
  },
  {
    name: 'an attempt keeps its time of arrival when the clock is set',
    find: '> mostQueueSkewMicros) this',
    replace: '> Infinity) this',
    equivalent: 'it costs a turn once, after a queue was lost as well: fairness.test.ts notices it',
  },
  {
    name: 'a grant that has run out counts towards the quorum',
    find: `if (answer === 'granted' && validUntil > now) granted += 1;`,
    replace: `if (answer === 'granted') granted += 1;`,
    equivalent: 'the hold that is made of it is worth nothing, and has to be confirmed',
  },
  {
    name: 'an attempt goes on without being registered for notifications',
    find: 'this.#context.attempts.set(this.number, this);',
    replace: '',
  },
  {
    name: 'an attempt that is over is not forgotten',
    find: 'this.#context.attempts.delete(this.number);',
    replace: '',
  },
  {
    name: 'an attempt that is over looks once more',
    find: `    this.#state = 'over';
    this.runtime.clearTimer(this.#timer);`,
    replace: `    this.#state = 'over';`,
    equivalent: 'the look finds that it is over',
  },
  {
    name: 'a look is never repeated',
    find: 'this.#recheckAfter(Math.min(pauseMs, heldForMs + 5 + 45 * this.runtime.random()));',
    replace: '',
  },
  {
    name: 'a look is not before the lock would expire',
    find: 'Math.min(pauseMs, heldForMs + 5 + 45 * this.runtime.random())',
    replace: 'heldForMs + 5 + 45 * this.runtime.random()',
  },
  {
    name: 'a look is as rare when nothing is heard',
    find: '(isSubscribed ? recheckMs : recheckUnsubscribedMs)',
    replace: 'recheckMs',
    equivalent: 'an offer may expire, and is found a second later',
  },
  {
    name: 'a look does not reckon with the expiry of the lock',
    find: 'Math.min(pauseMs, heldForMs + 5 + 45 * this.runtime.random())',
    replace: 'pauseMs',
    equivalent: 'a lock whose holder has died is then taken up to a second later, which a recheck may take anyway',
  },
  {
    name: 'a waiter polls',
    find: 'Math.min(pauseMs, heldForMs + 5 + 45 * this.runtime.random())',
    replace: '1',
  },
  {
    name: 'a split vote is asked about without growing pauses',
    find: 'this.#splitPauseMs = Math.min(2 * this.#splitPauseMs, recheckMs);',
    replace: '',
  },
  {
    name: 'a split vote is kept until it expires',
    find: `if (vote.answer === 'granted') vote.askWithNewId(clock);
        else if`,
    replace: 'if',
  },
  {
    name: 'a split vote is asked about under the same id',
    find: `if (vote.answer === 'granted') vote.askWithNewId(clock);`,
    replace: `if (vote.answer === 'granted') vote.ask(clock, vote.id);`,
  },
  {
    name: 'a split vote is never looked at again',
    find: `      this.#recheckAfter(this.#splitPauseMs * this.runtime.random());
      this.#splitPauseMs =`,
    replace: '      this.#splitPauseMs =',
  },
  {
    name: 'a node that can be heard again is not asked',
    find: `if (this.#state === 'queued') this.votes.find((vote) => vote.node === node)?.ask(this.clock());`,
    replace: '',
    equivalent: 'the next look finds what was granted meanwhile',
  },
  {
    name: 'an attempt that is abandoned leaves its grants and places',
    find: 'for (const vote of this.votes) vote.abandon();',
    replace: '',
  },
  {
    name: 'a waiting attempt does not ride out a lost connection',
    find: `if ((this.#state === 'queued' || this.#isRequeued) && now - this.#unreachableSince`,
    replace: 'if (false && now - this.#unreachableSince',
  },
  {
    name: 'a waiting attempt asks for ever without a connection',
    find: `(this.#state === 'queued' || this.#isRequeued) && now - this.#unreachableSince < this.#context.timeoutMs`,
    replace: `this.#state === 'queued' || this.#isRequeued`,
    equivalent: 'it is refused as "busy" when its wait is over',
  },
  {
    name: 'a new attempt is undecided while any vote is missing',
    find: 'const undecided = unanswered > 0 && granted + unanswered >= this.quorum;',
    replace: 'const undecided = unanswered > 0;',
    equivalent: 'the refusal waits for the slowest node, at most for the node timeout',
  },
  {
    name: 'an attempt decides before all answers that could grant it',
    find: 'const undecided = unanswered > 0 && granted + unanswered >= this.quorum;',
    replace: 'const undecided = false;',
    equivalent: 'it is refused or queues, as if it had come a moment later',
  },
  {
    name: 'the token of a quorum is its lowest',
    find: 'lastToken = Math.max(lastToken, vote.lastToken);',
    replace: 'lastToken = lastToken === 0 ? vote.lastToken : Math.min(lastToken, vote.lastToken);',
  },
  {
    name: 'nodes that minted different tokens count as agreed',
    find: 'agreed &&= !this.fencing || lastToken === 0 || vote.lastToken === lastToken;',
    replace: '',
  },
  {
    name: 'a hold is given out although little is left of it',
    find: 'if (agreed && hold.validForMs(now) > this.ttlMs / 2) this.#held(hold);',
    replace: 'if (agreed) this.#held(hold);',
    equivalent: 'the lease is shorter than its TTL, and as safe',
  },
  {
    name: 'a confirmation does not name the token',
    find: 'await hold.extend(this.ttlMs, { fence, withinMs: timeoutMs });',
    replace: 'await hold.extend(this.ttlMs, { withinMs: timeoutMs });',
  },
  {
    name: 'a confirmation may take as long as the lock is valid',
    find: 'await hold.extend(this.ttlMs, { fence, withinMs: timeoutMs });',
    replace: 'await hold.extend(this.ttlMs, { fence });',
  },
  {
    name: 'an attempt abandoned while it is confirmed is held',
    find: `if (this.#state !== 'confirming') return;`,
    replace: '',
    equivalent: 'a hold that finds no waiter is abandoned at once',
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
    find: `      this.#recheckAfter(this.#splitPauseMs * this.runtime.random());
    } else if (result === 'lost') {`,
    replace: `    } else if (result === 'lost') {`,
  },
  {
    name: 'nothing is heard of grants',
    find: '    this.#listen();\n',
    replace: '',
    equivalent: 'looks find them: slower only',
  },
]);
