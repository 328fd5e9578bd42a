-- Starts the TTL anew, and raises the fence, if the lock is still the caller's. It never takes a lock that is gone.
-- ARGV[1] id   ARGV[2] ttl in ms   ARGV[3] a fencing token that the next one must exceed, or '' or nothing
-- Returns 1 when it was the caller's, else 0.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local fence = tonumber(ARGV[3])
if not fence or (tonumber(redis.call('GET', KEYS[3])) or 0) >= fence then
  return 1
end

-- include grant.lua

keep(fence)
return 1
