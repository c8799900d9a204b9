-- Removes all that is left of a conversation whose site leaves and whose keys are destroyed: no tombstone stays. Safe to run again.
-- KEYS: 1 `conv`, 2 `past`, 3 `gate`, 4 `kept`, 5 `keep`, 6 `holds`, 7 `tomb`, 8 `tombs`, 9 `due`, 10 `shreds` (stream), 11 `meta`,
-- 12 log of the conversation, 13 talk stream, 14 note stream
-- ARGV: 1 conversation, 2 how many shreds are remembered
-- Returns 1; 0, and nothing is changed, while the record is still outside `past`.
if redis.call("HEXISTS", KEYS[1], ARGV[1]) == 1 then return 0 end
redis.call("UNLINK", KEYS[12], KEYS[13], KEYS[14])
for _, at in ipairs({ 2, 3, 4, 6, 7 }) do redis.call("HDEL", KEYS[at], ARGV[1]) end
redis.call("ZREM", KEYS[5], ARGV[1])
redis.call("ZREM", KEYS[8], ARGV[1])
for _, kind in ipairs({ "i", "v", "t", "a", "l", "w", "o" }) do redis.call("ZREM", KEYS[9], kind .. ":" .. ARGV[1]) end
local number = redis.call("HINCRBY", KEYS[11], "shreds", 1)
redis.call("XADD", KEYS[10], "MAXLEN", ARGV[2], number .. "-0", "c", ARGV[1])
return 1
