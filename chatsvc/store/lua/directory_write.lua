-- Writes or removes one row of the directory and tells every node.
-- KEYS: 1 the hash of rows, 2 `about`, 3 the directory channel.
-- ARGV: 1 field, 2 the row ("" removes it), 3 the row that it replaces (left out: whatever is there).
-- Returns the directory's version: one more than before if anything changed, else the present one; -1 if another row
-- is there than the one to be replaced.
local field, row = ARGV[1], ARGV[2]
local before = redis.call("HGET", KEYS[1], field)
if ARGV[3] and before ~= ARGV[3] then
  return -1
end
if before == row or (not before and row == "") then
  return tonumber(redis.call("HGET", KEYS[2], "version") or 0)
end
if row == "" then
  redis.call("HDEL", KEYS[1], field)
else
  redis.call("HSET", KEYS[1], field, row)
end
local version = redis.call("HINCRBY", KEYS[2], "version", 1)
redis.pcall("SPUBLISH", KEYS[3], "dir")
return version
