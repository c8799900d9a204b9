-- Puts a tombstone in a conversation's place: all that was left of it goes. Safe to run again.
-- KEYS: 1 `conv`, 2 `past`, 3 `kept`, 4 `keep`, 5 `tomb`, 6 `tombs`, 7 log of the conversation, 8 talk stream, 9 note stream
-- ARGV: 1 conversation, 2 the tombstone, 3 when it goes itself (ms)
-- Returns 1; 0 if it is there already; -1, and nothing is changed, while the record is still outside `past`.
if redis.call("HEXISTS", KEYS[1], ARGV[1]) == 1 then return -1 end
redis.call("UNLINK", KEYS[7], KEYS[8], KEYS[9])
redis.call("HDEL", KEYS[2], ARGV[1])
redis.call("HDEL", KEYS[3], ARGV[1])
redis.call("ZREM", KEYS[4], ARGV[1])
if redis.call("HSETNX", KEYS[5], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call("ZADD", KEYS[6], ARGV[3], ARGV[1])
return 1
