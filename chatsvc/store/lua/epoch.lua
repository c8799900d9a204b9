-- The pool's epoch: it changes when the store's run id does, for then something may have been lost.
-- KEYS: 1 meta (hash)
-- ARGV: 1 run id of the store, 2 a fresh epoch
-- Returns {epoch, changed (1|0)}.
local known = redis.call("HMGET", KEYS[1], "run", "epoch")
if known[1] == ARGV[1] and known[2] then return { known[2], 0 } end
redis.call("HSET", KEYS[1], "run", ARGV[1], "epoch", ARGV[2])
return { ARGV[2], 1 }
