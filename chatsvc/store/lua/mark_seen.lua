-- A participant has been shown a log up to an entry. A mark never goes back, nor beyond the log's end.
-- KEYS: 1 log of the conversation (hash)
-- ARGV: 1 the mark's field, 2 seq
-- Returns the mark as it is then.
local known = redis.call("HMGET", KEYS[1], "talk", ARGV[1])
local before = tonumber(known[2] or 0)
local seq = math.min(tonumber(ARGV[2]), tonumber(known[1] or 0))
if seq <= before then return before end
redis.call("HSET", KEYS[1], ARGV[1], seq)
return seq
