-- Lengthens what is left of the TTL, and raises the fence, if the lock is still the caller's. It never takes a lock that is
-- gone, and never shortens the TTL: it may arrive late, after a longer extension.
-- KEYS[1] the lock   KEYS[3] the fence
-- ARGV[1] id   ARGV[2] ttl in ms   ARGV[3] a fencing token that the next one must exceed, or '' or nothing
-- Returns 1 when it was the caller's, else 0.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
local left = redis.call('PTTL', KEYS[1])
if left ~= -1 and left < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
local fence = tonumber(ARGV[3])
if fence and (tonumber(redis.call('GET', KEYS[3])) or 0) < fence then
  local time = redis.call('TIME')
  local ahead = math.max(0, math.ceil((fence - time[1] * 1000000 - time[2]) / 1000))
  redis.call('SET', KEYS[3], ARGV[3], 'PX', string.format('%.0f', 60001 + ahead)) -- as in mint.lua
end
return 1
