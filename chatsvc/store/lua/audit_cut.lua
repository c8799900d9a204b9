-- Removes the first entries of a site's audit log and adds the entry that says so, if the log still ends as that one says.
-- KEYS: 1 log (stream), 2 head (hash: `seq`, `digest`)
-- ARGV: 1 digest that the log must end with, 2 number of the entry, 3 digest of the entry, 4 entry, 5 first id that stays
-- Returns {1, seq, digest}: done, or it was so already; {0, seq, digest} and nothing changed when the log ends otherwise.
local seq = redis.call("HGET", KEYS[2], "seq") or "0"
local digest = redis.call("HGET", KEYS[2], "digest") or ""
if digest == ARGV[3] then return { 1, seq, digest } end
if tonumber(ARGV[2]) ~= tonumber(seq) + 1 or digest ~= ARGV[1] then return { 0, seq, digest } end
local added = redis.pcall("XADD", KEYS[1], ARGV[2] .. "-0", "e", ARGV[4])
if type(added) == "table" then -- as in audit_append: ids of entries that were taken away are not given again
  redis.call("XADD", KEYS[1], "*", "e", ARGV[4])
end
redis.call("XTRIM", KEYS[1], "MINID", ARGV[5])
redis.call("HSET", KEYS[2], "seq", ARGV[2], "digest", ARGV[3])
return { 1, ARGV[2], ARGV[3] }
