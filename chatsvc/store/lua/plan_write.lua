-- Writes one change of a site's plan, whole or not at all, and tells every node.
-- KEYS: 1 `plans`, 2 the channel of plans, 3 `shifts` of the site, 4 its `absences`, 5 its `swaps`, 6 its `minima`.
-- ARGV: 1 the site, 2 the version of all plans that the change was made on, 3 the time (ms); after them three for each
-- row: 1-4 for which of the hashes, the field, the row ("" removes it).
-- Returns {1, the site's version}: written, or it was so already; {0, the version} and nothing written when the plans
-- have another version by now.
local site, on, now = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local version = tonumber(redis.call("HGET", KEYS[1], "v:" .. site) or 0)
if tonumber(redis.call("HGET", KEYS[1], "version") or 0) ~= on then
  return { 0, version }
end
local changed = false
for i = 4, #ARGV, 3 do
  local hash, field, row = tonumber(ARGV[i]), ARGV[i + 1], ARGV[i + 2]
  local before = redis.call("HGET", KEYS[2 + hash], field) or ""
  if before ~= row then
    changed = true
    if row == "" then
      redis.call("HDEL", KEYS[2 + hash], field)
    else
      redis.call("HSET", KEYS[2 + hash], field, row)
    end
  end
end
if not changed then
  return { 1, version }
end
redis.call("HINCRBY", KEYS[1], "version", 1)
redis.call("HSET", KEYS[1], "t:" .. site, now)
version = redis.call("HINCRBY", KEYS[1], "v:" .. site, 1)
redis.pcall("SPUBLISH", KEYS[2], "plan")
return { 1, version }
