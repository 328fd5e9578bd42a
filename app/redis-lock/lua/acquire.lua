-- Acquires the lock or joins the queue. Asking again with the same id is safe: it returns a grant made meanwhile.
-- ARGV[1] id   ARGV[2] ttl in ms
-- ARGV[3] '' to try once, 1 to wait
-- ARGV[4] the caller's time in microseconds, or '' for this server's own clock
-- ARGV[5] the caller's time of arrival, by the same clock
-- ARGV[6] an id to release in the same step, or ''
-- Empty arguments at the end may be omitted.
-- Returns the last fencing token of the grant; or, if another id holds the lock, {1 if queued else 0, the TTL left in ms,
-- the key's last fencing token: a later grant has a greater one}
local id, ttl, wait, now, previous = ARGV[1], ARGV[2], ARGV[3] or '', ARGV[4], ARGV[6] or ''

-- include mint.lua

local freed = false
if previous ~= '' then
  if redis.call('GET', KEYS[1]) == previous then
    freed = redis.call('DEL', KEYS[1])
  else
    redis.call('ZREM', KEYS[2], previous)
  end
end
if redis.call('EXISTS', KEYS[2]) == 0 and redis.call('SET', KEYS[1], id, 'NX', 'PX', ttl) then
  return mint(now)
end

-- include grant.lua

local holder = not freed and redis.call('GET', KEYS[1])
if holder == id then -- granted before: the answer was lost, or this request accepts an offer
  if redis.call('PTTL', KEYS[1]) < tonumber(ttl) then -- never shorten it: this request may be late
    redis.call('PEXPIRE', KEYS[1], ttl)
  end
  return mint(now)
end
if wait ~= '' then
  redis.call('ZADD', KEYS[2], 'NX', tonumber(ARGV[5]) or micros(), id)
  redis.call('PEXPIRE', KEYS[2], QUEUE_MS)
end
local left, fence
if not holder then -- just released or expired: no release will serve the queue
  local first
  first, fence, left = serve(now, id)
  if first == id then
    return fence
  end
  if not first then
    redis.call('SET', KEYS[1], id, 'PX', ttl)
    return mint(now)
  end
end
return {
  wait == '' and 0 or 1,
  left or redis.call('PTTL', KEYS[1]),
  fence or tonumber(redis.call('GET', KEYS[3])) or 0,
}
