-- Moves counts of days that are over to their month, each once, however often this runs.
-- KEYS: 1 `count` of the pool (hash), 2 the month's counts (hash), 3 `months` (set)
-- ARGV: 1 the month's member in `months`; then the fields to move
-- Returns how many were moved.
local moved = 0
for i = 2, #ARGV do
  local amount = redis.call("HGET", KEYS[1], ARGV[i])
  if amount then
    redis.call("HINCRBY", KEYS[2], ARGV[i], amount)
    redis.call("HDEL", KEYS[1], ARGV[i])
    moved = moved + 1
  end
end
if moved > 0 then redis.call("SADD", KEYS[3], ARGV[1]) end
return moved
