-- Takes the lock, or joins the queue. Asking again with the same id is harmless: it finds what was granted meanwhile.
-- ARGV[1] id   ARGV[2] ttl in ms
-- ARGV[3] '' to try once, 1 to wait
-- ARGV[4] the caller's clock in microseconds, or '' for this server's own
-- ARGV[5] when the caller arrived, by the same clock
-- ARGV[6] an id that is given up for this one in the same moment, or ''
-- Empty arguments at the end may be left out.
-- Returns the last of its fencing tokens when the lock is granted; else {1 queued or 0 not, for how long the lock is still
-- held in ms, the last fencing token of the key: a later grant's is greater}
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
if holder == id then -- granted before: the answer was lost, or it is an offer that is taken now
  if redis.call('PTTL', KEYS[1]) < tonumber(ttl) then -- never shorter: this request may be a late one
    redis.call('PEXPIRE', KEYS[1], ttl)
  end
  return mint(now)
end
if wait ~= '' then
  redis.call('ZADD', KEYS[2], 'NX', tonumber(ARGV[5]) or micros(), id)
  redis.call('PEXPIRE', KEYS[2], QUEUE_MS)
end
local left, fence
if not holder then -- freed, or expired: no holder is there to hand it over
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
