-- What the three scripts share: it takes the place of their line "include grant.lua". They try the common case before
-- that line: it needs none of these functions, and to define them costs time in each run.
-- KEYS[1] the lock: the id of whoever holds it
-- KEYS[2] the queue: the ids of those who wait, by the time at which they came (a sorted set)
-- KEYS[3] the fence: the last fencing token that went with a grant
-- An id is <client>:<number>:<ttl in ms>; a client hears of its grants on the channel redis-lock:<client>.

local TOKENS = 16 -- go with each grant: one for everybody to whom its process may hand it on
local FENCE_MS = 60000
local QUEUE_MS = 10000 -- whoever waits looks in every second, and renews it

local function micros()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

local function whole(number)
  return string.format('%.0f', number)
end

-- Keeps the last token until a minute after the clock has passed it: then it may be forgotten, as new ones begin at the
-- clock, unless that was set back by all of a minute.
local function keep(last)
  local ahead = math.max(0, math.ceil((last - micros()) / 1000))
  redis.call('SET', KEYS[3], whole(last), 'PX', whole(FENCE_MS + ahead))
end

-- Returns the last of TOKENS new tokens, all of them counted already if there was something to count from. They begin at
-- the clock, in microseconds, and grow by count, which is slower.
local function mint(now, counted)
  local last = counted or redis.call('INCRBY', KEYS[3], TOKENS)
  if last == TOKENS then
    last = tonumber(now) or micros()
    keep(last)
  end
  return last
end

-- Hands the free lock to the first in the queue who can hear of it: to whom PUBLISH counts no receiver, its process has
-- died. Returns its id and its last token; nothing when nobody is left.
local function serve(now, own)
  local first = redis.call('ZPOPMIN', KEYS[2])[1]
  while first do
    local client, ttl = string.match(first, '^([^:]+):%d+:(%d+)$')
    if client then
      local last = mint(now)
      local grant = table.concat({ first, whole(last), whole(micros()), KEYS[1] }, ' ')
      if first == own or redis.call('PUBLISH', 'redis-lock:' .. client, grant) > 0 then
        redis.call('SET', KEYS[1], first, 'PX', ttl)
        return first, last
      end
    end
    first = redis.call('ZPOPMIN', KEYS[2])[1]
  end
end
