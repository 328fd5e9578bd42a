-- Shared by acquire.lua and release.lua, after mint.lua; it replaces their line "include grant.lua".
-- KEYS[1] the lock: the id of its holder, marked by a '+' at its end when another id queues behind it. An unmarked lock has
-- no waiters, unless a plain SET has overtaken them; they mark it when they ask again.
-- KEYS[2] the queue: a sorted set of the waiters' ids, by arrival
-- An id is <client>:<number>:<ttl in ms>, or <client>:<number>.<attempt>:<ttl in ms>; a client's name begins with ~. A released id is never used again.
-- A client subscribes to its grants on the channel redis-lock:<client>, after the prefix that KEYS[2] has. A client of a
-- cluster, whose name begins with ~~, has one for each lock, <queue>:<client>, which hashes to the slot of the lock: only
-- that slot's server has to relay it (https://redis.io/docs/latest/develop/pubsub/#sharded-pubsub).

local QUEUE_MS = '10000' -- each waiter checks at least once a second and renews it
local OFFER_MS = 500

-- Grants the free lock to the first id in the queue, then publishes the grant. Without a subscriber the waiter may be
-- dead, so the grant is an offer with a short TTL; a waiter that receives it accepts it by asking. The number of
-- subscribers decides only about the TTL: PUBSUB NUMSUB counts this server's own, not those of a replica or of another
-- cluster node (https://redis.io/docs/latest/commands/pubsub-numsub/).
-- Returns the id, the last token and the TTL of the grant; nothing if the queue is empty.
local function serve(now, own)
  local added = string.sub(KEYS[2], -7) == '::queue' and 7 or 8 -- <key>::queue or {<key>}:queue
  local prefix = string.sub(KEYS[2], 1, -1 - added - string.len(KEYS[1]))
  local first = redis.call('ZPOPMIN', KEYS[2])[1]
  while first do
    local client, ttl = string.match(first, '^([^:]+):[%d.]+:(%d+)$')
    if client then
      local last = mint(now)
      local channel, count, publish = prefix .. 'redis-lock:' .. client, 'NUMSUB', 'PUBLISH'
      if string.sub(client, 1, 2) == '~~' then
        channel, count, publish = KEYS[2] .. ':' .. client, 'SHARDNUMSUB', 'SPUBLISH'
      end
      if first ~= own then
        local listeners = redis.pcall('PUBSUB', count, channel)
        if (listeners[2] or 0) == 0 then
          ttl = math.min(ttl, OFFER_MS)
        end
      end
      redis.call('SET', KEYS[1], first .. '+', 'PX', ttl) -- others may wait
      if first ~= own then
        redis.pcall(publish, channel, table.concat({ first, string.format('%.0f', last), ttl, KEYS[1] }, ' '))
      end
      return first, last, tonumber(ttl)
    end
    first = redis.call('ZPOPMIN', KEYS[2])[1]
  end
end
