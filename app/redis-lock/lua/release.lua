-- Releases the lock if the id holds it, and grants it to the first waiter; otherwise removes the id from the queue.
-- ARGV[1] id   ARGV[2] the caller's time in microseconds; '' or omitted for this server's own clock
-- Returns 1 if the id held the lock, else 0: it had expired, or another id holds it by now.
local value = redis.call('GET', KEYS[1])
if value == ARGV[1] then -- unmarked: no waiter to serve
  return redis.call('DEL', KEYS[1])
end
if value ~= ARGV[1] .. '+' then
  redis.call('ZREM', KEYS[2], ARGV[1])
  return 0
end

-- include mint.lua

-- include grant.lua

-- Not deleted first: while its slot moves to another server of a cluster, a key that is missing cannot be set.
if not serve(ARGV[2]) then
  redis.call('DEL', KEYS[1])
end
return 1
