-- Notes that the visitor wants all of a conversation to be erased, and has it looked at.
-- KEYS: 1 `kept`, 2 `keep`, 3 `tomb`
-- ARGV: 1 conversation, 2 now (ms)
-- Returns when that was first wished (ms); 0 if nothing is left of it.
if redis.call("HEXISTS", KEYS[3], ARGV[1]) == 1 then return 0 end
local raw = redis.call("HGET", KEYS[1], ARGV[1])
local row = raw and cmsgpack.unpack(raw) or {}
row.wish = row.wish or tonumber(ARGV[2])
redis.call("HSET", KEYS[1], ARGV[1], cmsgpack.pack(row))
redis.call("ZADD", KEYS[2], ARGV[2], ARGV[1])
return row.wish
