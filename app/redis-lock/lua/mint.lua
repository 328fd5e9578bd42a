-- Shared by acquire.lua and release.lua; it replaces their line "include mint.lua".
-- KEYS[3] the fence: the last fencing token of the last grant

local TOKENS = 16 -- per grant: one for each holder to which a process may hand its lock over
local FENCE_MS = '60001' -- a string, as all numbers passed to commands: Redis formats Lua numbers slowly
local MOST_SKEW_MICROS = 30000000

-- Returns this server's clock in microseconds.
local function micros()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- Stores a token until a minute after the clock, in microseconds, has passed it; then the clock alone yields greater ones.
-- Returns the token stored before.
local function keep(token, text, clock)
  local ttl = FENCE_MS
  if token - clock >= 1000 then
    ttl = string.format('%.0f', FENCE_MS + (token - clock) / 1000)
  end
  return tonumber(redis.call('SET', KEYS[3], text, 'PX', ttl, 'GET') or 0)
end

-- Returns the last of TOKENS new tokens. They are greater than the fence, and the last one is not less than the clock, so they
-- also increase when the fence was lost or an older one came back. Several nodes mint the same tokens from the caller's time.
-- A caller's time that is too far from this server's clock is not used: the fence could expire before the clock has passed it.
local function mint(now)
  local time = redis.call('TIME')
  local clock = time[1] * 1000000 + time[2]
  local last, text = tonumber(now), now
  if not last or math.abs(last - clock) > MOST_SKEW_MICROS then
    last, text = clock, time[1] .. string.sub('00000' .. time[2], -6) -- to format the number takes a tenth of the script
  end
  local before = keep(last, text, clock)
  if before > last - TOKENS then -- too little time has passed, the clock was set back, or it is another clock
    last = before + TOKENS
    keep(last, string.format('%.0f', last), clock)
  end
  return last
end
