-- Adds an entry to a site's audit log, if the log still ends as the entry says.
-- KEYS: 1 log (stream), 2 head (hash: `seq`, `digest`)
-- ARGV: 1 digest that the log must end with, 2 number of the entry, 3 digest of the entry, 4 entry
-- Returns {1, seq, digest}: written, or it was so already; {0, seq, digest} and nothing written when the log ends otherwise.
-- The digest is "" for an empty log, and "lost" for one whose head was taken away: it goes on, and the gap stays to be seen.
local seq = redis.call("HGET", KEYS[2], "seq") or "0"
local digest = redis.call("HGET", KEYS[2], "digest") or ""
if digest == "" then
  local last = redis.call("XREVRANGE", KEYS[1], "+", "-", "COUNT", 1)[1]
  if last then seq, digest = string.match(last[1], "^%d+"), "lost" end
end
if digest == ARGV[3] then return { 1, seq, digest } end
if tonumber(ARGV[2]) ~= tonumber(seq) + 1 or (digest ~= "" and digest ~= ARGV[1]) then return { 0, seq, digest } end
local added = redis.pcall("XADD", KEYS[1], ARGV[2] .. "-0", "e", ARGV[4])
if type(added) == "table" then -- its last entries were taken away, and their numbers are not given again
  redis.call("XADD", KEYS[1], "*", "e", ARGV[4])
end
redis.call("HSET", KEYS[2], "seq", ARGV[2], "digest", ARGV[3])
return { 1, ARGV[2], ARGV[3] }
