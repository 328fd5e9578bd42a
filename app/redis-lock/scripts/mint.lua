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

-- Returns the last of TOKENS new tokens, and as Redis takes it. They are above the fence and not below the clock, so they
-- grow as well when the fence was lost, or an older one came back. Several nodes mint the same ones from the caller's clock,
-- unless that is so far from this server's own that a fence could be forgotten before the clock has passed it.
local function mint(now)
  local from = tonumber(now) or micros()
  if math.abs(from - micros()) > MOST_SKEW_MICROS then
    from = micros()
  end
  local last = math.max(tonumber(redis.call('GET', KEYS[3])) or 0, from - 1) + TOKENS
  local text = string.format('%.0f', last)
  -- Until a minute after the clock has passed it: then it may be forgotten.
  local ahead_ms = (last - micros()) / 1000
  redis.call('SET', KEYS[3], text, 'PX', ahead_ms < 1 and FENCE_MS or string.format('%.0f', FENCE_MS + ahead_ms))
  return last, text
end
