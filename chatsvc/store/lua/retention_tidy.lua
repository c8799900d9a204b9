-- Removes tombstones whose own time is over.
-- KEYS: 1 `tomb`, 2 `tombs`
-- ARGV: 1 now (ms), 2 how many at most
-- Returns how many went.
local old = redis.call("ZRANGE", KEYS[2], "-inf", ARGV[1], "BYSCORE", "LIMIT", 0, ARGV[2])
for _, conversation in ipairs(old) do
  redis.call("HDEL", KEYS[1], conversation)
  redis.call("ZREM", KEYS[2], conversation)
end
return #old
