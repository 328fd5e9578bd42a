-- Gives the lock up if it is the caller's, and hands it to the first waiter; or leaves the queue.
-- ARGV[1] id   ARGV[2] the caller's clock in microseconds, or '' or nothing for this server's own
-- Returns 1 when the caller held the lock, 0 when not: it had expired, or is another holder's by now.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  redis.call('ZREM', KEYS[2], ARGV[1])
  return 0
end
redis.call('DEL', KEYS[1])
if redis.call('EXISTS', KEYS[2]) == 0 then
  return 1
end

-- include mint.lua

-- include grant.lua

serve(ARGV[2])
return 1
