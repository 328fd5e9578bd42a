import { type Mutant, mutantsOf } from './mutant.ts';

export const acquireAttemptMutants: readonly Mutant[] = mutantsOf('src/acquire-attempt.ts', {
  'quorum less one': [
    'this.quorum = Math.floor(nodes.length / 2) + 1;',
    'this.quorum = Math.max(1, Math.floor(nodes.length / 2));',
  ],
  'all nodes have to grant': ['this.quorum = Math.floor(nodes.length / 2) + 1;', 'this.quorum = nodes.length;'],
  'an attempt asks with the clock of its arrival': [
    '    return this.#context.clock();',
    '    return this.#arrival;',
    'a clock that is 30 s behind is not believed, and a fence lives for a minute',
  ],
  'each look names a new arrival': [
    '    return this.#arrival;',
    '    return clock;',
    'a place in a queue is kept; the nodes may come to differ in their order, and split more often',
  ],
  'an attempt keeps its time of arrival when the clock is set': [
    '> mostQueueSkewMicros) this',
    '> Infinity) this',
    'it costs a turn once, after a queue was lost as well: fairness.test.ts notices it',
  ],
  'a grant that has run out counts towards the quorum': [
    `if (answer === 'granted' && validUntil > now) granted += 1;`,
    `if (answer === 'granted') granted += 1;`,
    'the hold that is made of it is worth nothing, and has to be confirmed',
  ],
  'an attempt goes on without being registered for notifications': [
    'this.#context.attempts.set(this.number, this);',
    '',
  ],
  'an attempt that is over is not forgotten': ['this.#context.attempts.delete(this.number);', ''],
  'an attempt that is over looks once more': [
    `    this.#state = 'over';
    this.runtime.clearTimer(this.#timer);`,
    `    this.#state = 'over';`,
    'the look finds that it is over',
  ],
  'a look is never repeated': [
    'this.#recheckAfter(Math.min(pauseMs, heldForMs + 5 + 45 * this.runtime.random()));',
    '',
  ],
  'a look is not before the lock would expire': [
    'Math.min(pauseMs, heldForMs + 5 + 45 * this.runtime.random())',
    'heldForMs + 5 + 45 * this.runtime.random()',
  ],
  'a look is as rare when nothing is heard': [
    '(isSubscribed ? recheckMs : recheckUnsubscribedMs)',
    'recheckMs',
    'an offer may expire, and is found a second later',
  ],
  'a look does not reckon with the expiry of the lock': [
    'Math.min(pauseMs, heldForMs + 5 + 45 * this.runtime.random())',
    'pauseMs',
    'a lock whose holder has died is then taken up to a second later, which a recheck may take anyway',
  ],
  'a waiter polls': ['Math.min(pauseMs, heldForMs + 5 + 45 * this.runtime.random())', '1'],
  'a split vote is asked about without growing pauses': [
    'this.#splitPauseMs = Math.min(2 * this.#splitPauseMs, recheckMs);',
    '',
  ],
  'a split vote is kept until it expires': [
    `if (vote.answer === 'granted') vote.askWithNewId(clock);
        else if`,
    'if',
  ],
  'a split vote is asked about under the same id': [
    `if (vote.answer === 'granted') vote.askWithNewId(clock);`,
    `if (vote.answer === 'granted') vote.ask(clock, vote.id);`,
  ],
  'a split vote is never looked at again': [
    `      this.#recheckAfter(this.#splitPauseMs * this.runtime.random());
      this.#splitPauseMs =`,
    '      this.#splitPauseMs =',
  ],
  'a node that can be heard again is not asked': [
    `if (this.#state === 'queued') this.votes.find((vote) => vote.node === node)?.ask(this.clock());`,
    '',
    'the next look finds what was granted meanwhile',
  ],
  'an attempt that is abandoned leaves its grants and places': ['for (const vote of this.votes) vote.abandon();', ''],
  'a waiting attempt does not ride out a lost connection': [
    `if ((this.#state === 'queued' || this.#isRequeued) && now - this.#unreachableSince`,
    'if (false && now - this.#unreachableSince',
  ],
  'a waiting attempt asks for ever without a connection': [
    `(this.#state === 'queued' || this.#isRequeued) && now - this.#unreachableSince < this.#context.timeoutMs`,
    `this.#state === 'queued' || this.#isRequeued`,
    'it is refused as "busy" when its wait is over',
  ],
  'a new attempt is undecided while any vote is missing': [
    'const undecided = unanswered > 0 && granted + unanswered >= this.quorum;',
    'const undecided = unanswered > 0;',
    'the refusal waits for the slowest node, at most for the node timeout',
  ],
  'an attempt decides before all answers that could grant it': [
    'const undecided = unanswered > 0 && granted + unanswered >= this.quorum;',
    'const undecided = false;',
    'it is refused or queues, as if it had come a moment later',
  ],
  'the token of a quorum is its lowest': [
    'lastToken = Math.max(lastToken, vote.lastToken);',
    'lastToken = lastToken === 0 ? vote.lastToken : Math.min(lastToken, vote.lastToken);',
  ],
  'nodes that minted different tokens count as agreed': [
    'agreed &&= !this.fencing || lastToken === 0 || vote.lastToken === lastToken;',
    '',
  ],
  'a hold is given out although little is left of it': [
    'if (agreed && hold.validForMs(now) > this.ttlMs / 2) this.#held(hold);',
    'if (agreed) this.#held(hold);',
    'the lease is shorter than its TTL, and as safe',
  ],
  'a confirmation does not name the token': [
    'await hold.extend(this.ttlMs, { fence, withinMs: timeoutMs });',
    'await hold.extend(this.ttlMs, { withinMs: timeoutMs });',
  ],
  'a confirmation may take as long as the lock is valid': [
    'await hold.extend(this.ttlMs, { fence, withinMs: timeoutMs });',
    'await hold.extend(this.ttlMs, { fence });',
  ],
  'an attempt abandoned while it is confirmed is held': [
    `if (this.#state !== 'confirming') return;`,
    '',
    'a hold that finds no waiter is abandoned at once',
  ],
  'a confirmation that failed counts as held': [
    `    if (result === 'extended') {
      this.#held(hold);`,
    `    if (result !== 'lost') {
      this.#held(hold);`,
  ],
  'a confirmation that failed is not followed by a look': [
    `      this.#recheckAfter(this.#splitPauseMs * this.runtime.random());
    } else if (result === 'lost') {`,
    `    } else if (result === 'lost') {`,
  ],
  'nothing is heard of grants': ['    this.#listen();\n', '', 'looks find them: slower only'],
});
