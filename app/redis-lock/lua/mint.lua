-- Shared by acquire.lua and release.lua: it replaces their line "include mint.lua".
-- KEYS[3] the fence: the last fencing token that went with a grant

local TOKENS = 16 -- go with each grant: one for each lease to which its process may hand it over
local FENCE_MS = '60001' -- text, as are other numbers for commands: Redis is slow to format its own
local MOST_SKEW_MICROS = 30000000

local clock
local function micros()
  if not clock then
    local time = redis.call('TIME')
    clock = time[1] * 1000000 + time[2]
  end
  return clock
end

-- Keeps a token until a minute after the clock has passed it: then it may be forgotten. Returns the one that was kept.
local function keep(token)
  local ahead_ms = (token - micros()) / 1000
  local ttl = ahead_ms < 1 and FENCE_MS or string.format('%.0f', FENCE_MS + ahead_ms)
  return tonumber(redis.call('SET', KEYS[3], string.format('%.0f', token), 'PX', ttl, 'GET'))
end

-- Returns the last of TOKENS new tokens. They are above the fence and not below the clock, so they grow as well when the
-- fence was lost, or an older one came back. Several nodes mint the same ones from the caller's clock, unless that is so far
-- from this server's own that a fence could be forgotten before the clock has passed it.
local function mint(now)
  local from = tonumber(now) or micros()
  if math.abs(from - micros()) > MOST_SKEW_MICROS then
    from = micros()
  end
  local last = from - 1 + TOKENS
  local before = keep(last)
  if before and before >= from then -- the clock was set back, or is another one
    last = before + TOKENS
    keep(last)
  end
  return last
end
