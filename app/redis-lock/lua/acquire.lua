-- Acquires the lock, or queues for it. Asking again with the same id is safe: it returns a grant made meanwhile.
-- ARGV[1] id   ARGV[2] ttl in ms
-- ARGV[3] '' to try once, 1 to wait
-- ARGV[4] the caller's time in microseconds, or '' for this server's own clock
-- ARGV[5] the caller's time of arrival, by the same clock. All nodes queue by it in the same order, unless that clock is too
-- far off: it would put the caller before or behind all others
-- ARGV[6] an id to release in the same step, or ''
-- Empty arguments at the end may be omitted.
-- Returns the last fencing token of the grant; or, if another id holds the lock, {1 if queued else 0, the TTL left in ms,
-- the key's last fencing token: a later grant has a greater one}
local id, ttl, previous = ARGV[1], ARGV[2], ARGV[6] or ''
local MOST_QUEUE_SKEW_MICROS = 1000000

-- include mint.lua

local freed
if previous ~= '' then
  local value = redis.call('GET', KEYS[1])
  if value == previous or value == previous .. '+' then
    freed = true -- overwritten below; not deleted first, as in release.lua
  else
    redis.call('ZREM', KEYS[2], previous)
  end
end
if redis.call('EXISTS', KEYS[2]) == 0 and redis.call('SET', KEYS[1], id, freed and 'XX' or 'NX', 'PX', ttl) then
  return mint(ARGV[4])
end

-- include grant.lua

local waits = ARGV[3] == '1'
local value = not freed and redis.call('GET', KEYS[1])
if value == id or value == id .. '+' then -- granted before: the answer was lost, or this request accepts an offer
  if redis.call('PTTL', KEYS[1]) < tonumber(ttl) then -- never shorten it: this request may be late
    redis.call('PEXPIRE', KEYS[1], ttl)
  end
  return mint(ARGV[4])
end
if waits then
  local now, asked, arrival = micros(), tonumber(ARGV[4]), tonumber(ARGV[5])
  if asked and arrival and math.abs(asked - now) > MOST_QUEUE_SKEW_MICROS then
    arrival = now - (asked - arrival)
  end
  redis.call('ZADD', KEYS[2], 'NX', arrival or now, id)
  redis.call('PEXPIRE', KEYS[2], QUEUE_MS)
  if value and string.match(value, '^~[^:]+:[%d.]+:%d+$') then -- an id, not marked yet, and not another library's lock
    redis.call('SET', KEYS[1], value .. '+', 'KEEPTTL')
    mint(ARGV[4]) -- a lock that was taken without a token has raised no fence: older notifications must look older
  end
end
local left, fence
if not value then -- just released or expired: no release will serve the queue
  local first
  first, fence, left = serve(ARGV[4], id)
  if first == id then
    return fence
  end
  if not first then
    redis.call('SET', KEYS[1], id, 'PX', ttl)
    return mint(ARGV[4])
  end
end
return {
  waits and 1 or 0,
  left or redis.call('PTTL', KEYS[1]),
  fence or tonumber(redis.call('GET', KEYS[3])) or 0,
}
