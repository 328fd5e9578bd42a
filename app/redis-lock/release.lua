-- Releases a lock only if the caller still holds it, so that a late release cannot free a rival's.
-- KEYS[1] the lock   ARGV[1] the caller's owner id
-- Returns 1 when it was released, 0 when it was not the caller's (expired, or somebody else's by now).
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
