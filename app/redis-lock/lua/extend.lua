-- Extends the TTL and raises the fence, if the id still holds the lock. It never acquires a lock that is gone, and never
-- shortens the TTL: the request may be late and follow a longer extension.
-- KEYS[1] the lock   KEYS[3] the fence
-- ARGV[1] id   ARGV[2] ttl in ms   ARGV[3] a fencing token that later ones must exceed; '' or omitted for none
-- Returns 1 if the id held the lock, else 0.
local value = redis.call('GET', KEYS[1])
if value ~= ARGV[1] and value ~= ARGV[1] .. '+' then
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
