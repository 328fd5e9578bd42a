import { type Mutant, mutantsOf } from './mutant.ts';

const release = mutantsOf('lua/release.lua', [
  {
    name: 'release deletes the lock of any holder',
    find: `if value ~= ARGV[1] .. '+' then
  redis.call('ZREM', KEYS[2], ARGV[1])
  return 0
end`,
    replace: '',
  },
  {
    name: 'release does not recognize its marked lock',
    find: `if value ~= ARGV[1] .. '+' then`,
    replace: 'if true then',
  },
  {
    name: 'release leaves the id in the queue',
    find: `  redis.call('ZREM', KEYS[2], ARGV[1])\n`,
    replace: '',
  },
  {
    name: 'release says that it held what it did not hold',
    find: '  return 0\nend',
    replace: '  return 1\nend',
  },
  { name: 'release does not free the lock', find: `return redis.call('DEL', KEYS[1])`, replace: 'return 1' },
  {
    name: 'release frees a marked lock without serving the queue',
    find: 'if not serve(ARGV[2]) then',
    replace: 'if true then',
  },
  {
    name: 'release keeps a marked lock when its waiters have gone',
    find: `  redis.call('DEL', KEYS[1])\nend`,
    replace: 'end',
  },
]);

const extend = mutantsOf('lua/extend.lua', [
  {
    name: 'extend lengthens the lock of any holder',
    find: `if value ~= ARGV[1] and value ~= ARGV[1] .. '+' then`,
    replace: 'if not value then',
  },
  {
    name: 'extend takes a lock that is gone',
    find: `if value ~= ARGV[1] and value ~= ARGV[1] .. '+' then`,
    replace: `if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and value ~= ARGV[1] and value ~= ARGV[1] .. '+' then`,
  },
  {
    name: 'extend does not recognize its marked lock',
    find: ` and value ~= ARGV[1] .. '+' then`,
    replace: ' then',
  },
  {
    name: 'extend shortens the TTL',
    find: 'if left ~= -1 and left < tonumber(ARGV[2]) then',
    replace: 'if left ~= -1 then',
  },
  {
    name: 'extend leaves the TTL as it is',
    find: `redis.call('PEXPIRE', KEYS[1], ARGV[2])`,
    replace: '',
  },
  { name: 'extend does not raise the fence', find: 'if fence and (', replace: 'if false and (' },
  {
    name: 'extend may lower the fence',
    find: `if fence and (tonumber(redis.call('GET', KEYS[3])) or 0) < fence then`,
    replace: 'if fence then',
    equivalent: 'only the holder extends, and no token was minted after its own',
  },
  {
    name: 'extend lets a fence ahead of the clock expire too early',
    find: '60001 + ahead',
    replace: '60001',
  },
]);

const acquire = mutantsOf('lua/acquire.lua', [
  {
    name: 'acquire frees the lock for a previous id that does not hold it',
    find: `if value == previous or value == previous .. '+' then`,
    replace: 'if true then',
  },
  {
    name: 'acquire does not recognize the marked lock of the previous id',
    find: ` or value == previous .. '+' then`,
    replace: ' then',
  },
  {
    name: 'acquire leaves the previous id in the queue',
    find: `    redis.call('ZREM', KEYS[2], previous)\n`,
    replace: '',
  },
  {
    name: 'acquire keeps the lock of the previous id',
    find: 'freed = true',
    replace: '',
  },
  {
    name: 'acquire overtakes the queue when the lock is free',
    find: `redis.call('EXISTS', KEYS[2]) == 0 and redis.call('SET'`,
    replace: `redis.call('SET'`,
  },
  { name: 'acquire takes a lock that is held', find: `'NX', 'PX', ttl) then`, replace: `'PX', ttl) then` },
  {
    name: 'acquire shortens the TTL when asked again',
    find: `if redis.call('PTTL', KEYS[1]) < tonumber(ttl) then`,
    replace: 'if true then',
  },
  {
    name: 'acquire leaves the TTL of an offer as it is',
    find: `    redis.call('PEXPIRE', KEYS[1], ttl)\n`,
    replace: '',
  },
  {
    name: 'acquire queues anew whenever it looks',
    find: `redis.call('ZADD', KEYS[2], 'NX', arrival or now, id)`,
    replace: `redis.call('ZADD', KEYS[2], now, id)`,
  },
  {
    name: 'a clock that is far off decides the place in the queue',
    find: 'math.abs(asked - now) > MOST_QUEUE_SKEW_MICROS',
    replace: 'false',
  },
  {
    name: 'a caller whose clock is far off loses its place when it asks anew',
    find: 'arrival = now - (asked - arrival)',
    replace: 'arrival = now',
    equivalent: 'the order of such callers differs between the nodes: slower only',
  },
  {
    name: 'acquire queues without waiting being asked for',
    find: `local waits = ARGV[3] == '1'`,
    replace: 'local waits = true',
  },
  {
    name: 'acquire does not mark the lock that it queues for',
    find: `    redis.call('SET', KEYS[1], value .. '+', 'KEEPTTL')\n`,
    replace: '',
  },
  {
    name: 'acquire raises no fence for a lock that was taken without a token',
    find: `    mint(ARGV[4]) -- a lock that was taken without a token has raised no fence: older notifications must look older\n`,
    replace: '',
  },
  {
    name: 'acquire marks the lock of another library',
    find: ` and string.match(value, '^~[^:]+:[%d.]+:%d+$') then`,
    replace: ' then',
  },
  {
    name: 'acquire forgets the TTL of the lock that it marks',
    find: `, 'KEEPTTL')`,
    replace: ')',
  },
  {
    name: 'acquire does not recognize its own marked lock',
    find: `if value == id or value == id .. '+' then`,
    replace: 'if value == id then',
  },
  { name: 'the queue has no expiry', find: `  redis.call('PEXPIRE', KEYS[2], QUEUE_MS)\n`, replace: '' },
  {
    name: 'acquire serves no waiter when the lock has expired',
    find: 'if not value then',
    replace: 'if false then',
  },
  {
    name: 'acquire takes an expired lock before the queue',
    find: '  first, fence, left = serve(ARGV[4], id)\n',
    replace: '',
  },
  {
    name: 'acquire answers "queued" to the one that it has just served',
    find: `  if first == id then
    return fence
  end
`,
    replace: '',
  },
  {
    name: 'acquire answers "queued" without having queued',
    find: 'waits and 1 or 0',
    replace: '1',
    equivalent: 'it is abandoned all the same: one request more',
  },
  {
    name: 'acquire says that the lock is held for no time at all',
    find: `left or redis.call('PTTL', KEYS[1])`,
    replace: '0',
    equivalent: 'a hint to the one that is refused; one that waits looks more often',
  },
  {
    name: 'acquire says that no token was ever minted',
    find: `fence or tonumber(redis.call('GET', KEYS[3])) or 0`,
    replace: '0',
  },
  {
    name: 'acquire forgets the token of the one that it has just served',
    find: `fence or tonumber(redis.call('GET', KEYS[3])) or 0`,
    replace: 'fence or 0',
  },
]);

const mint = mutantsOf('lua/mint.lua', [
  {
    name: 'tokens do not follow the clock',
    find: 'if before > last - TOKENS then',
    replace: 'if before > 0 then',
  },
  {
    name: 'tokens are not above the fence',
    find: 'if before > last - TOKENS then',
    replace: 'if false then',
  },
  {
    name: 'tokens may overlap with those below the fence',
    find: 'last = before + TOKENS',
    replace: 'last = before + 1',
  },
  {
    name: 'a new fence above the clock is not kept',
    find: `    last = before + TOKENS
    keep(last, string.format('%.0f', last), clock)
`,
    replace: `    last = before + TOKENS
`,
  },
  {
    name: 'a fence ahead of the clock expires too early',
    find: 'if token - clock >= 1000 then',
    replace: 'if false then',
  },
  { name: 'the fence never expires', find: `, 'PX', ttl, 'GET'`, replace: `, 'GET'` },
  { name: 'the fence expires at once', find: `, 'PX', ttl, 'GET'`, replace: `, 'PX', '1', 'GET'` },
  {
    name: 'any clock of a caller is believed',
    find: 'math.abs(last - clock) > MOST_SKEW_MICROS',
    replace: 'false',
  },
  {
    name: 'the token that is kept lacks the zeros of its microseconds',
    find: `string.sub('00000' .. time[2], -6)`,
    replace: 'time[2]',
  },
  {
    name: 'half of the tokens that a grant needs are reserved',
    find: 'local TOKENS = 16',
    replace: 'local TOKENS = 8',
  },
]);

const grant = mutantsOf('lua/grant.lua', [
  {
    name: 'a waiter without a listener is given the full TTL',
    find: 'ttl = math.min(ttl, OFFER_MS)',
    replace: '',
  },
  {
    name: 'a waiter whose notification has no listener is skipped',
    find: `        redis.pcall(publish, channel, table.concat({ first, string.format('%.0f', last), ttl, KEYS[1] }, ' '))
`,
    replace: `        if redis.pcall(publish, channel, table.concat({ first, string.format('%.0f', last), ttl, KEYS[1] }, ' ')) == 0 then
          redis.call('DEL', KEYS[1])
          return
        end
`,
  },
  {
    name: 'a lock that is handed over never expires',
    find: `redis.call('SET', KEYS[1], first .. '+', 'PX', ttl)`,
    replace: `redis.call('SET', KEYS[1], first .. '+')`,
  },
  {
    name: 'a lock is handed over for half of its TTL',
    find: `redis.call('SET', KEYS[1], first .. '+', 'PX', ttl)`,
    replace: `redis.call('SET', KEYS[1], first .. '+', 'PX', math.ceil(ttl / 2))`,
  },
  {
    name: 'a lock that is handed over is not marked, though others wait',
    find: `first .. '+', 'PX', ttl`,
    replace: `first, 'PX', ttl`,
  },
  {
    name: 'the last in the queue is served first',
    find: `local first = redis.call('ZPOPMIN', KEYS[2])[1]`,
    replace: `local first = redis.call('ZRANGE', KEYS[2], -1, -1)[1]
  if first then
    redis.call('ZREM', KEYS[2], first)
  end`,
  },
  {
    name: 'in a cluster, a grant is published on the plain channel',
    find: `if string.sub(client, 1, 2) == '~~' then`,
    replace: 'if false then',
  },
  {
    name: 'a grant is not published',
    find: `        redis.pcall(publish, channel, table.concat({ first, string.format('%.0f', last), ttl, KEYS[1] }, ' '))\n`,
    replace: '',
  },
  {
    name: 'a notification has a token of the next minute',
    find: `string.format('%.0f', last), ttl`,
    replace: `string.format('%.0f', last + 60000000), ttl`,
  },
  {
    name: 'a notification tells the full TTL of an offer',
    find: `string.format('%.0f', last), ttl`,
    replace: `string.format('%.0f', last), string.match(first, '%d+$')`,
  },
]);

export const scriptMutants: readonly Mutant[] = [...release, ...extend, ...acquire, ...mint, ...grant];
