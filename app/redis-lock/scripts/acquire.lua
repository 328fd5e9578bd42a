-- Takes the lock, or joins the queue. To ask again with the same id does no harm: it finds what was granted meanwhile.
-- ARGV[1] id   ARGV[2] ttl in ms   ARGV[3] 1 to wait, '' to try once
-- ARGV[4] the caller's clock in microseconds, or '' for this Redis's own
-- ARGV[5] an id that is given up for this one in the same moment, or ''
-- Arguments that are '' may be left out at the end.
-- Returns the last of its fencing tokens when it was granted; else {1 queued or 0 not, how long the lock is still held in
-- ms, this Redis's clock in microseconds}
local id, ttl, wait, now, previous = ARGV[1], ARGV[2], ARGV[3] == '1', ARGV[4], ARGV[5]

if previous and previous ~= '' and redis.call('GET', KEYS[1]) == previous then
  redis.call('DEL', KEYS[1])
end
local last -- of our tokens, once the lock is ours
if redis.call('EXISTS', KEYS[2]) == 0 and redis.call('SET', KEYS[1], id, 'NX', 'PX', ttl) then
  last = redis.call('INCRBY', KEYS[3], 16)
  if last > 16 then
    return last
  end
end

-- include grant.lua

if last then
  return mint(now, last)
end
local holder = redis.call('GET', KEYS[1])
if holder == id then -- the answer to an earlier request, or the news of a grant, was lost
  redis.call('PEXPIRE', KEYS[1], ttl)
  return mint(now)
end
if wait then
  redis.call('ZADD', KEYS[2], 'NX', tonumber(now) or micros(), id)
  redis.call('PEXPIRE', KEYS[2], QUEUE_MS)
end
if not holder then -- it has expired: nobody else is there to hand it on
  local first, firsts = serve(now, id)
  if first == id then
    return firsts
  end
  if not first then
    redis.call('SET', KEYS[1], id, 'PX', ttl)
    return mint(now)
  end
end
return { wait and 1 or 0, redis.call('PTTL', KEYS[1]), micros() }
