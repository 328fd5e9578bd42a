import { type Mutant, mutantsOf } from './mutant.ts';

const node = mutantsOf('src/node.ts', {
  'a silent node is asked on and on': [
    'if (now - silentSince < timeoutMs) return undefined;',
    '',
    'requests pile up at a node that is silent: traffic only',
  ],
  'a node that was silent once is never asked again': [
    'if (now - silentSince < timeoutMs) return undefined;',
    'return undefined;',
    'each request ends, by an answer or with its connection, and that ends the silence',
  ],
  'a node counts as silent although it has replied': [
    '    if (this.#silentSince.size > 0) this.#silentSince.delete(server);\n',
    '',
  ],
  'close does not wait for requests under way': [
    'while (this.#inFlight > 0) {',
    'while (this.#inFlight < 0) {',
    'what was sent arrives all the same',
  ],
  'requests have no time limit': ['    deadlines.add(request);\n', ''],
  'an undelivered script is not reported': [
    `        if (error) onUndelivered();
      },
      () => request.wanted,`,
    `      },
      () => request.wanted,`,
  ],
  'a release without a script whose answer is lost or late is not repeated': [
    '        this.releaseInBackground(keys, id, ttlMs); // also after a timeout: the command frees no lock that has waiters\n',
    '',
  ],
  'a release that is lost on its way is not repeated': [
    'trimmed(id, clock), answered, { onUndelivered }))',
    'trimmed(id, clock), answered))',
  ],
  'a release that was not sent is not repeated': [
    `{ onUndelivered })) return;
    onUndelivered();`,
    '{ onUndelivered })) return;',
  ],
  'a conditional delete that fails does not fall back to the script': [
    'else this.#releaseByScript(keys, id, ttlMs, clock, done); // it has waiters by now, or it is gone',
    'else done(false);',
  ],
  'a server that took over must have the command of the one before': [
    'if (error && !isRefusal(error)) {',
    'if (error) {',
  ],
  'close keeps the subscriptions': ['    this.#notifications.close();\n', ''],
  'close does not wait for background releases': [
    '    await Promise.all(releases.map((each) => each.close(this.#options.timeoutMs)));\n',
    '',
    'they go on after it',
  ],
});

const request = mutantsOf('src/request.ts', {
  'a reply counts after the time of its request was over': [
    'if (this.#pending) this.#settle(error, reply);',
    'this.#settle(error, reply);',
  ],
  'a request is not taken off the deadlines when it ends': ['    this.#observer.onSettled(this);\n', ''],
  'a request times out before the answers that came during a stall are read': [
    'this.#runtime.setImmediate(() => {\n      if (this.#pending) this.#settle(this.#observer.onTimeout(this.#server), undefined);\n    });',
    'this.#settle(this.#observer.onTimeout(this.#server), undefined);',
  ],
});

const pendingReleases = mutantsOf('src/pending-releases.ts', {
  'a background release is not repeated after a lost connection': [
    'if (error && !this.#closed && !isHopeless(error)) this.#sendLater(release);',
    '',
  ],
  'a background release is repeated while there is no connection': [
    'if (!this.#client.isConnected) {',
    'if (false) {',
    'without a connection the client says so at once, and it is said later as before',
  ],
  'background releases are repeated for ever': [
    'if (release.until < now) this.#pending.delete(release);',
    '',
    'an id is never used again: releasing it once more changes nothing',
  ],
  'background releases go on after the lock is closed': [
    'if (error && !this.#closed && ',
    'if (error && ',
    'an id is never used again, and they end with the TTL',
  ],
  'a server that refuses gets all background releases at once': [
    '    this.#isTrying = true;\n',
    '    this.#sendAll();\n    this.#isTrying = true;\n',
  ],
  'a server that refuses is asked as often as ever': ['Math.min(2 * this.#retryMs, longestRetryMs)', 'this.#retryMs'],
  'only one background release is repeated after a success': [
    `      this.#retryMs = firstRetryMs;
      this.#sendAll();
`,
    '      this.#retryMs = firstRetryMs;\n',
  ],
  'a background release that is refused for good keeps the others back': [
    'if (error && !isHopeless(error)) {',
    'if (error) {',
  ],
  'close waits for background releases without a limit': [
    'while (isUnfinished() && runtime.now() < deadline) {',
    'while (isUnfinished()) {',
  ],
  'close does not wait for background releases in flight': [
    'this.#pending.size + this.#inFlight > 0',
    'this.#pending.size > 0',
  ],
  'a background release is not sent in full once the lock is closed': [
    '() => this.#runtime.now() < release.until,',
    '() => !this.#closed && this.#runtime.now() < release.until,',
    'close waits for it, for a node timeout',
  ],
  'close sends all background releases again and again': [
    'if (this.#client.isConnected) this.#tryOne();',
    'if (this.#client.isConnected) this.#sendAll();',
  ],
});

const grantNotifications = mutantsOf('src/grant-notifications.ts', {
  'a subscription counts as heard after it was lost': [
    `      onDown: () => {
        channel.isUp = false;
      },`,
    '      onDown: () => {},',
    'looks are as rare as if grants were heard: slower only',
  ],
  'a subscription is not reported': [
    '        onListening(name);\n',
    '',
    'the next look finds what was granted meanwhile',
  ],
  'a subscription is never closed': ['      subscription.close();\n', ''],
  'in a cluster, the subscription to a lock outlives its waiters': ['      channel.subscription.close();\n', ''],
  'in a cluster, a subscription ends although a waiter has come back': [
    `?? this.#subscribe(name);
    this.#options.runtime.clearTimer(channel.idle);
`,
    `?? this.#subscribe(name);
`,
  ],
});

export const nodeMutants: readonly Mutant[] = [...node, ...request, ...pendingReleases, ...grantNotifications];
