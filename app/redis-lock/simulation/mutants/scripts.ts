import { type Mutant, mutantsOf } from './mutant.ts';

const release = mutantsOf('lua/release.lua', {
  'release deletes the lock of any holder': [
    `if value ~= ARGV[1] .. '+' then
  redis.call('ZREM', KEYS[2], ARGV[1])
  return 0
end`,
    '',
  ],
  'release does not recognize its marked lock': [`if value ~= ARGV[1] .. '+' then`, 'if true then'],
  'release leaves the id in the queue': [`  redis.call('ZREM', KEYS[2], ARGV[1])\n`, ''],
  'release says that it held what it did not hold': ['  return 0\nend', '  return 1\nend'],
  'release does not free the lock': [`return redis.call('DEL', KEYS[1])`, 'return 1'],
  'release frees a marked lock without serving the queue': ['if not serve(ARGV[2]) then', 'if true then'],
  'release keeps a marked lock when its waiters have gone': [`  redis.call('DEL', KEYS[1])\nend`, 'end'],
});

const extend = mutantsOf('lua/extend.lua', {
  'extend lengthens the lock of any holder': [
    `if value ~= ARGV[1] and value ~= ARGV[1] .. '+' then`,
    'if not value then',
  ],
  'extend takes a lock that is gone': [
    `if value ~= ARGV[1] and value ~= ARGV[1] .. '+' then`,
    `if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and value ~= ARGV[1] and value ~= ARGV[1] .. '+' then`,
  ],
  'extend does not recognize its marked lock': [` and value ~= ARGV[1] .. '+' then`, ' then'],
  'extend shortens the TTL': ['if left ~= -1 and left < tonumber(ARGV[2]) then', 'if left ~= -1 then'],
  'extend leaves the TTL as it is': [`redis.call('PEXPIRE', KEYS[1], ARGV[2])`, ''],
  'extend does not raise the fence': ['if fence and (', 'if false and ('],
  'extend may lower the fence': [
    `if fence and (tonumber(redis.call('GET', KEYS[3])) or 0) < fence then`,
    'if fence then',
    'only the holder extends, and no token was minted after its own',
  ],
  'extend lets a fence ahead of the clock expire too early': ['60001 + ahead', '60001'],
});

const acquire = mutantsOf('lua/acquire.lua', {
  'acquire frees the lock for a previous id that does not hold it': [
    `if value == previous or value == previous .. '+' then`,
    'if true then',
  ],
  'acquire does not recognize the marked lock of the previous id': [` or value == previous .. '+' then`, ' then'],
  'acquire leaves the previous id in the queue': [`    redis.call('ZREM', KEYS[2], previous)\n`, ''],
  'acquire keeps the lock of the previous id': ['freed = true', ''],
  'acquire overtakes the queue when the lock is free': [
    `redis.call('EXISTS', KEYS[2]) == 0 and redis.call('SET'`,
    `redis.call('SET'`,
  ],
  'acquire takes a lock that is held': [`'NX', 'PX', ttl) then`, `'PX', ttl) then`],
  'acquire shortens the TTL when asked again': [`if redis.call('PTTL', KEYS[1]) < tonumber(ttl) then`, 'if true then'],
  'acquire leaves the TTL of an offer as it is': [`    redis.call('PEXPIRE', KEYS[1], ttl)\n`, ''],
  'acquire queues anew whenever it looks': [
    `redis.call('ZADD', KEYS[2], 'NX', arrival or now, id)`,
    `redis.call('ZADD', KEYS[2], now, id)`,
  ],
  'a clock that is far off decides the place in the queue': ['math.abs(asked - now) > MOST_QUEUE_SKEW_MICROS', 'false'],
  'a caller whose clock is far off loses its place when it asks anew': [
    'arrival = now - (asked - arrival)',
    'arrival = now',
    'the order of such callers differs between the nodes: slower only',
  ],
  'acquire queues without waiting being asked for': [`local waits = ARGV[3] == '1'`, 'local waits = true'],
  'acquire does not mark the lock that it queues for': [
    `    redis.call('SET', KEYS[1], value .. '+', 'KEEPTTL')\n`,
    '',
  ],
  'acquire raises no fence for a lock that was taken without a token': [
    `    mint(ARGV[4]) -- a lock that was taken without a token has raised no fence: older notifications must look older\n`,
    '',
  ],
  'acquire marks the lock of another library': [` and string.match(value, '^~[^:]+:[%d.]+:%d+$') then`, ' then'],
  'acquire forgets the TTL of the lock that it marks': [`, 'KEEPTTL')`, ')'],
  'acquire does not recognize its own marked lock': [
    `if value == id or value == id .. '+' then`,
    'if value == id then',
  ],
  'the queue has no expiry': [`  redis.call('PEXPIRE', KEYS[2], QUEUE_MS)\n`, ''],
  'acquire serves no waiter when the lock has expired': ['if not value then', 'if false then'],
  'acquire takes an expired lock before the queue': ['  first, fence, left = serve(ARGV[4], id)\n', ''],
  'acquire answers "queued" to the one that it has just served': [
    `  if first == id then
    return fence
  end
`,
    '',
  ],
  'acquire answers "queued" without having queued': [
    'waits and 1 or 0',
    '1',
    'it is abandoned all the same: one request more',
  ],
  'acquire says that the lock is held for no time at all': [
    `left or redis.call('PTTL', KEYS[1])`,
    '0',
    'a hint to the one that is refused; one that waits looks more often',
  ],
  'acquire says that no token was ever minted': [`fence or tonumber(redis.call('GET', KEYS[3])) or 0`, '0'],
  'acquire forgets the token of the one that it has just served': [
    `fence or tonumber(redis.call('GET', KEYS[3])) or 0`,
    'fence or 0',
  ],
});

const mint = mutantsOf('lua/mint.lua', {
  'tokens do not follow the clock': ['if before > last - TOKENS then', 'if before > 0 then'],
  'tokens are not above the fence': ['if before > last - TOKENS then', 'if false then'],
  'tokens may overlap with those below the fence': ['last = before + TOKENS', 'last = before + 1'],
  'a new fence above the clock is not kept': [
    `    last = before + TOKENS
    keep(last, string.format('%.0f', last), clock)
`,
    `    last = before + TOKENS
`,
  ],
  'a fence ahead of the clock expires too early': ['if token - clock >= 1000 then', 'if false then'],
  'the fence never expires': [`, 'PX', ttl, 'GET'`, `, 'GET'`],
  'the fence expires at once': [`, 'PX', ttl, 'GET'`, `, 'PX', '1', 'GET'`],
  'any clock of a caller is believed': ['math.abs(last - clock) > MOST_SKEW_MICROS', 'false'],
  'the token that is kept lacks the zeros of its microseconds': [`string.sub('00000' .. time[2], -6)`, 'time[2]'],
  'half of the tokens that a grant needs are reserved': ['local TOKENS = 16', 'local TOKENS = 8'],
});

const grant = mutantsOf('lua/grant.lua', {
  'a waiter without a listener is given the full TTL': ['ttl = math.min(ttl, OFFER_MS)', ''],
  'a waiter whose notification has no listener is skipped': [
    `        redis.pcall(publish, channel, table.concat({ first, string.format('%.0f', last), ttl, KEYS[1] }, ' '))
`,
    `        if redis.pcall(publish, channel, table.concat({ first, string.format('%.0f', last), ttl, KEYS[1] }, ' ')) == 0 then
          redis.call('DEL', KEYS[1])
          return
        end
`,
  ],
  'a lock that is handed over never expires': [
    `redis.call('SET', KEYS[1], first .. '+', 'PX', ttl)`,
    `redis.call('SET', KEYS[1], first .. '+')`,
  ],
  'a lock is handed over for half of its TTL': [
    `redis.call('SET', KEYS[1], first .. '+', 'PX', ttl)`,
    `redis.call('SET', KEYS[1], first .. '+', 'PX', math.ceil(ttl / 2))`,
  ],
  'a lock that is handed over is not marked, though others wait': [`first .. '+', 'PX', ttl`, `first, 'PX', ttl`],
  'the last in the queue is served first': [
    `local first = redis.call('ZPOPMIN', KEYS[2])[1]`,
    `local first = redis.call('ZRANGE', KEYS[2], -1, -1)[1]
  if first then
    redis.call('ZREM', KEYS[2], first)
  end`,
  ],
  'in a cluster, a grant is published on the plain channel': [
    `if string.sub(client, 1, 2) == '~~' then`,
    'if false then',
  ],
  'a grant is not published': [
    `        redis.pcall(publish, channel, table.concat({ first, string.format('%.0f', last), ttl, KEYS[1] }, ' '))\n`,
    '',
  ],
  'a notification has a token of the next minute': [
    `string.format('%.0f', last), ttl`,
    `string.format('%.0f', last + 60000000), ttl`,
  ],
  'a notification tells the full TTL of an offer': [
    `string.format('%.0f', last), ttl`,
    `string.format('%.0f', last), string.match(first, '%d+$')`,
  ],
});

export const scriptMutants: readonly Mutant[] = [...release, ...extend, ...acquire, ...mint, ...grant];
