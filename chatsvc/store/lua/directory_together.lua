-- Writes several rows of the directory and of plans at once, all or none, and tells every node.
-- KEYS: 1 `about`, 2 the directory channel, 3 `sites`, 4 `staff`, 5 `plans`, 6 the channel of plans, 7 and further
-- the hashes of sites' plans.
-- ARGV: 1 the version of the directory and 2 that of all plans that this was made on ("" for any), 3 the time (ms);
-- after them four for each row: the number of its hash among the KEYS, the field, the row ("" removes it), and the
-- site whose plan it belongs to ("" for the directory).
-- Returns the directory's version: one more than before if anything of it changed, else the present one; -1 and nothing
-- written if one of both has another version by now.
local function stale(key, on)
  return on ~= "" and tonumber(redis.call("HGET", key, "version") or 0) ~= tonumber(on)
end

if stale(KEYS[1], ARGV[1]) or stale(KEYS[5], ARGV[2]) then
  return -1
end
local changed, planned, sites = false, {}, {}
for i = 4, #ARGV, 4 do
  local key, field, row, site = KEYS[tonumber(ARGV[i])], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  if (redis.call("HGET", key, field) or "") ~= row then
    if row == "" then
      redis.call("HDEL", key, field)
    else
      redis.call("HSET", key, field, row)
    end
    if site == "" then
      changed = true
    elseif not planned[site] then
      planned[site] = true
      sites[#sites + 1] = site
    end
  end
end
for _, site in ipairs(sites) do
  redis.call("HINCRBY", KEYS[5], "version", 1)
  redis.call("HSET", KEYS[5], "t:" .. site, ARGV[3])
  redis.call("HINCRBY", KEYS[5], "v:" .. site, 1)
end
if #sites > 0 then
  redis.pcall("SPUBLISH", KEYS[6], "plan")
end
if not changed then
  return tonumber(redis.call("HGET", KEYS[1], "version") or 0)
end
local version = redis.call("HINCRBY", KEYS[1], "version", 1)
redis.pcall("SPUBLISH", KEYS[2], "dir")
return version
