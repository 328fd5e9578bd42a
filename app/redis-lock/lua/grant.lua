-- Shared by acquire.lua and release.lua, after mint.lua: it replaces their line "include grant.lua".
-- KEYS[1] the lock: the id of its holder
-- KEYS[2] the queue: the ids of the waiters, by arrival (a sorted set)
-- An id is <client>:<number>:<ttl in ms>, or <client>:<number>.<attempt>:<ttl in ms>; it is never used again once it has
-- been given up. A client hears of its grants on the channel redis-lock:<client>.

local QUEUE_MS = '10000' -- a waiter looks in at least every second, and renews it
local OFFER_MS = 500

-- Gives the free lock to the first in the queue, and publishes that afterwards. The count of listeners decides for how long,
-- and nothing else: it knows this server's own, not those of a replica or of another cluster node. Where there is none the
-- waiter may be dead, so it is an offer that expires soon; a waiter that hears of it takes it by asking.
-- Returns its id, its last token, and for how long it has the lock; nothing when the queue is empty.
local function serve(now, own)
  local first = redis.call('ZPOPMIN', KEYS[2])[1]
  while first do
    local client, ttl = string.match(first, '^([^:]+):[%d.]+:(%d+)$')
    if client then
      local last = mint(now)
      local channel = 'redis-lock:' .. client
      if first ~= own then
        local listeners = redis.pcall('PUBSUB', 'NUMSUB', channel)
        if (listeners[2] or 0) == 0 then
          ttl = math.min(ttl, OFFER_MS)
        end
      end
      redis.call('SET', KEYS[1], first, 'PX', ttl)
      if first ~= own then
        redis.pcall('PUBLISH', channel, table.concat({ first, string.format('%.0f', last), ttl, KEYS[1] }, ' '))
      end
      return first, last, tonumber(ttl)
    end
    first = redis.call('ZPOPMIN', KEYS[2])[1]
  end
end
