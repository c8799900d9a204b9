-- Writes a hold or takes it away, if nobody has changed it meanwhile, and has the conversation looked at.
-- KEYS: 1 `holds`, 2 `keep`
-- ARGV: 1 conversation, 2 the hold that was there ("" for none), 3 the hold ("" for none), 4 now (ms)
-- Returns 1; 0, and nothing is changed, if another one is there.
if (redis.call("HGET", KEYS[1], ARGV[1]) or "") ~= ARGV[2] then return 0 end
if ARGV[3] == "" then
  redis.call("HDEL", KEYS[1], ARGV[1])
else
  redis.call("HSET", KEYS[1], ARGV[1], ARGV[3])
end
redis.call("ZADD", KEYS[2], ARGV[4], ARGV[1])
return 1
