import { type Mutant, mutantsOf } from './mutant.ts';

const node = mutantsOf('src/node.ts', [
  {
    name: 'a silent node is asked on and on',
    find: 'if (now - silentSince < timeoutMs) return undefined;',
    replace: '',
    equivalent: 'requests pile up at a node that is silent: traffic only',
  },
  {
    name: 'a node that was silent once is never asked again',
    find: 'if (now - silentSince < timeoutMs) return undefined;',
    replace: 'return undefined;',
    equivalent: 'each request ends, by an answer or with its connection, and that ends the silence',
  },
  {
    name: 'a node counts as silent although it has replied',
    find: '    if (this.#silentSince.size > 0) this.#silentSince.delete(server);\n',
    replace: '',
  },
  {
    name: 'close does not wait for requests under way',
    find: 'while (this.#inFlight > 0) {',
    replace: 'while (this.#inFlight < 0) {',
    equivalent: 'what was sent arrives all the same',
  },
  {
    name: 'requests have no time limit',
    find: '    deadlines.add(request);\n',
    replace: '',
  },
  {
    name: 'an undelivered script is not reported',
    find: `        if (error) onUndelivered();
      },
      () => request.wanted,`,
    replace: `      },
      () => request.wanted,`,
  },
  {
    name: 'a release without a script whose answer is lost or late is not repeated',
    find: '        this.releaseInBackground(keys, id, ttlMs); // also after a timeout: the command frees no lock that has waiters\n',
    replace: '',
  },
  {
    name: 'a release that is lost on its way is not repeated',
    find: 'trimmed(id, clock), answered, { onUndelivered }))',
    replace: 'trimmed(id, clock), answered))',
  },
  {
    name: 'a release that was not sent is not repeated',
    find: `{ onUndelivered })) return;
    onUndelivered();`,
    replace: '{ onUndelivered })) return;',
  },
  {
    name: 'a conditional delete that fails does not fall back to the script',
    find: 'else this.#releaseByScript(keys, id, ttlMs, clock, done); // it has waiters by now, or it is gone',
    replace: 'else done(false);',
  },
  {
    name: 'a server that took over must have the command of the one before',
    find: 'if (error && !isRefusal(error)) {',
    replace: 'if (error) {',
  },
  {
    name: 'close keeps the subscriptions',
    find: '    this.#notifications.close();\n',
    replace: '',
  },
  {
    name: 'close does not wait for background releases',
    find: '    await Promise.all(releases.map((each) => each.close(this.#options.timeoutMs)));\n',
    replace: '',
    equivalent: 'they go on after it',
  },
]);

const request = mutantsOf('src/request.ts', [
  {
    name: 'a reply counts after the time of its request was over',
    find: 'if (this.#pending) this.#settle(error, reply);',
    replace: 'this.#settle(error, reply);',
  },
  {
    name: 'a request is not taken off the deadlines when it ends',
    find: '    this.#observer.onSettled(this);\n',
    replace: '',
  },
  {
    name: 'a request times out before the answers that came during a stall are read',
    find: 'this.#runtime.setImmediate(() => {\n      if (this.#pending) this.#settle(this.#observer.onTimeout(this.#server), undefined);\n    });',
    replace: 'this.#settle(this.#observer.onTimeout(this.#server), undefined);',
  },
]);

const pendingReleases = mutantsOf('src/pending-releases.ts', [
  {
    name: 'a background release is not repeated after a lost connection',
    find: 'if (error && !this.#closed && !isHopeless(error)) this.#sendLater(release);',
    replace: '',
  },
  {
    name: 'a background release is repeated while there is no connection',
    find: 'if (!this.#client.isConnected) {',
    replace: 'if (false) {',
    equivalent: 'without a connection the client says so at once, and it is said later as before',
  },
  {
    name: 'background releases are repeated for ever',
    find: 'if (release.until < now) this.#pending.delete(release);',
    replace: '',
    equivalent: 'an id is never used again: releasing it once more changes nothing',
  },
  {
    name: 'background releases go on after the lock is closed',
    find: 'if (error && !this.#closed && ',
    replace: 'if (error && ',
    equivalent: 'an id is never used again, and they end with the TTL',
  },
  {
    name: 'a server that refuses gets all background releases at once',
    find: '    this.#isTrying = true;\n',
    replace: '    this.#sendAll();\n    this.#isTrying = true;\n',
  },
  {
    name: 'a server that refuses is asked as often as ever',
    find: 'Math.min(2 * this.#retryMs, longestRetryMs)',
    replace: 'this.#retryMs',
  },
  {
    name: 'only one background release is repeated after a success',
    find: `      this.#retryMs = firstRetryMs;
      this.#sendAll();
`,
    replace: '      this.#retryMs = firstRetryMs;\n',
  },
  {
    name: 'a background release that is refused for good keeps the others back',
    find: 'if (error && !isHopeless(error)) {',
    replace: 'if (error) {',
  },
  {
    name: 'close waits for background releases without a limit',
    find: 'while (isUnfinished() && runtime.now() < deadline) {',
    replace: 'while (isUnfinished()) {',
  },
  {
    name: 'close does not wait for background releases in flight',
    find: 'this.#pending.size + this.#inFlight > 0',
    replace: 'this.#pending.size > 0',
  },
  {
    name: 'a background release is not sent in full once the lock is closed',
    find: '() => this.#runtime.now() < release.until,',
    replace: '() => !this.#closed && this.#runtime.now() < release.until,',
    equivalent: 'close waits for it, for a node timeout',
  },
  {
    name: 'close sends all background releases again and again',
    find: 'if (this.#client.isConnected) this.#tryOne();',
    replace: 'if (this.#client.isConnected) this.#sendAll();',
  },
]);

const grantNotifications = mutantsOf('src/grant-notifications.ts', [
  {
    name: 'a subscription counts as heard after it was lost',
    find: `      onDown: () => {
        channel.isUp = false;
      },`,
    replace: '      onDown: () => {},',
    equivalent: 'looks are as rare as if grants were heard: slower only',
  },
  {
    name: 'a subscription is not reported',
    find: '        onListening(name);\n',
    replace: '',
    equivalent: 'the next look finds what was granted meanwhile',
  },
  {
    name: 'a subscription is never closed',
    find: '      subscription.close();\n',
    replace: '',
  },
  {
    name: 'in a cluster, the subscription to a lock outlives its waiters',
    find: '      channel.subscription.close();\n',
    replace: '',
  },
  {
    name: 'in a cluster, a subscription ends although a waiter has come back',
    find: `?? this.#subscribe(name);
    this.#options.runtime.clearTimer(channel.idle);
`,
    replace: `?? this.#subscribe(name);
`,
  },
]);

export const nodeMutants: readonly Mutant[] = [...node, ...request, ...pendingReleases, ...grantNotifications];
