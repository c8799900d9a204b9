-- Replaces the pool's queue settings, and says which queues are gone.
-- KEYS: 1 queues (hash)
-- ARGV: pairs of queue key and settings (msgpack map)
-- Returns the removed queue keys.
local keep, gone = {}, {}
for i = 1, #ARGV, 2 do
  keep[ARGV[i]] = true
  redis.call("HSET", KEYS[1], ARGV[i], ARGV[i + 1])
end
for _, queue in ipairs(redis.call("HKEYS", KEYS[1])) do
  if not keep[queue] then
    redis.call("HDEL", KEYS[1], queue)
    table.insert(gone, queue)
  end
end
return gone
