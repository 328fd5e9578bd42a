-- Shared by acquire.lua and release.lua: it replaces their line "include grant.lua".
-- KEYS[1] the lock: the id of its holder
-- KEYS[2] the queue: the ids of the waiters, by arrival (a sorted set)
-- KEYS[3] the fence: the last fencing token that went with a grant
-- An id is <client>:<number>:<ttl in ms>, or <client>:<number>.<attempt>:<ttl in ms>; it is never used again once it has
-- been given up. A client hears of its grants on the channel redis-lock:<client>.

local TOKENS = 16 -- go with each grant: one for each lease to which its process may hand it over
local FENCE_MS = 60000
local MOST_SKEW_MICROS = 30000000
local QUEUE_MS = 10000 -- a waiter looks in at least every second, and renews it
local OFFER_MS = 500

local function micros()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

local function whole(number)
  return string.format('%.0f', number)
end

-- Returns the last of TOKENS new tokens. They are above the fence and not below the clock, so they grow as well when the
-- fence was lost, or an older one came back. Several nodes mint the same ones from the caller's clock, unless that is so far
-- from this server's own that a fence could be forgotten before the clock has passed it.
local function mint(now)
  local clock = micros()
  local from = tonumber(now) or clock
  if math.abs(from - clock) > MOST_SKEW_MICROS then
    from = clock
  end
  local last = math.max(tonumber(redis.call('GET', KEYS[3])) or 0, from - 1) + TOKENS
  -- Until a minute after the clock has passed it: then it may be forgotten.
  local ahead = math.max(0, math.ceil((last - clock) / 1000))
  redis.call('SET', KEYS[3], whole(last), 'PX', whole(FENCE_MS + ahead))
  return last
end

-- Returns an id of this server that its replicas do not share, or '-'.
local function server_id()
  local info = redis.pcall('INFO', 'server')
  local _, at = string.find(type(info) == 'string' and info or '', 'run_id:', 1, true)
  return at and string.sub(info, at + 1, at + 40) or '-'
end

-- Gives the free lock to the first in the queue and publishes it. The count of listeners decides nothing but for how long:
-- it knows this server's own, not those of a replica or of another cluster node. Where there is none the waiter may be
-- dead, so it is an offer that expires soon; a waiter that hears of it takes it by asking.
-- Returns its id and its last token; nothing when the queue is empty.
local function serve(now, own)
  local first = redis.call('ZPOPMIN', KEYS[2])[1]
  while first do
    local client, ttl = string.match(first, '^([^:]+):[%d.]+:(%d+)$')
    if client then
      local last = mint(now)
      ttl = tonumber(ttl)
      if first == own then
        redis.call('SET', KEYS[1], first, 'PX', ttl)
        return first, last
      end
      local channel = 'redis-lock:' .. client
      local listeners = redis.pcall('PUBSUB', 'NUMSUB', channel)
      if (listeners[2] or 0) == 0 then
        ttl = math.min(ttl, OFFER_MS)
      end
      redis.call('SET', KEYS[1], first, 'PX', ttl)
      local grant = { first, whole(last), whole(micros()), ttl, server_id(), KEYS[1] }
      redis.pcall('PUBLISH', channel, table.concat(grant, ' '))
      return first, last
    end
    first = redis.call('ZPOPMIN', KEYS[2])[1]
  end
end
