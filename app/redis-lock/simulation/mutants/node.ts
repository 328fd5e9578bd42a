import { type Mutant, mutantsOf } from './mutant.ts';

const node = mutantsOf('src/node.ts', [
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
    find: 'if (this.#inFlight > 0) {',
    replace: 'if (this.#inFlight < 0) {',
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
    find: '    this.#notifications?.close();\n',
    replace: '',
  },
  {
    name: 'close does not wait for give-ups',
    find: '    await this.#pendingReleases.close(this.#options.timeoutMs);\n',
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
]);

const pendingReleases = mutantsOf('src/pending-releases.ts', [
  {
    name: 'a give-up is not repeated after a lost connection',
    find: 'if (error) this.#sendLater(release);',
    replace: '',
  },
  {
    name: 'a give-up is repeated while there is no connection',
    find: 'if (isConnected) this.#send(release);\n      else this.#sendLater(release);',
    replace: 'this.#send(release);',
    equivalent: 'without a connection the client says so at once, and it is said later as before',
  },
  {
    name: 'give-ups are repeated for ever',
    find: 'if (release.until < this.#runtime.now()) continue;',
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
    find: 'while (this.#pending.size > 0 && runtime.now() < deadline) {',
    replace: 'while (this.#pending.size > 0) {',
  },
]);

const grantNotifications = mutantsOf('src/grant-notifications.ts', [
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
]);

export const nodeMutants: readonly Mutant[] = [...node, ...request, ...pendingReleases, ...grantNotifications];
