-- Removes counts of a month, and the month from the list when nothing of it is left. Safe to run again.
-- KEYS: 1 the month's counts (hash), 2 `months` (set)
-- ARGV: 1 the month's member in `months`; then the fields to remove
-- Returns how many were removed.
local removed = 0
for i = 2, #ARGV do removed = removed + redis.call("HDEL", KEYS[1], ARGV[i]) end
if redis.call("EXISTS", KEYS[1]) == 0 then redis.call("SREM", KEYS[2], ARGV[1]) end
return removed
