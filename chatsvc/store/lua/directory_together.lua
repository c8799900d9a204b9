-- Writes several rows of the directory at once and tells every node.
-- KEYS: 1 `about`, 2 the directory channel, 3 and further hashes of rows.
-- ARGV: for each row three: the number of its hash among the KEYS, the field, the row.
-- Returns the directory's version: one more than before if anything changed, else the present one.
local changed = false
for i = 1, #ARGV, 3 do
  local key, field, row = KEYS[tonumber(ARGV[i])], ARGV[i + 1], ARGV[i + 2]
  if redis.call("HGET", key, field) ~= row then
    redis.call("HSET", key, field, row)
    changed = true
  end
end
if not changed then
  return tonumber(redis.call("HGET", KEYS[1], "version") or 0)
end
local version = redis.call("HINCRBY", KEYS[1], "version", 1)
redis.pcall("SPUBLISH", KEYS[2], "dir")
return version
