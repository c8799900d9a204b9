-- Stores one entry, once. The message path: kept as short as it can be.
-- KEYS: 1 gate (hash), 2 log of the conversation (hash), 3 the log's stream
-- ARGV: 1 now (ms), 2 conversation, 3 author ("v" or "s:<staff>"), 4 log ("talk"|"staff"), 5 dedupe field, 6 entry (bytes), 7 own node, 8 channel prefix
-- Returns {seq, at, fresh (1|0)}; {-1} no such conversation or not yours, {-2} it no longer takes messages.
local gate = redis.call("HGET", KEYS[1], ARGV[2])
local log = ARGV[4]
local known = redis.call("HMGET", KEYS[2], ARGV[5], log, "at")
if known[1] then
  local seq, at = string.match(known[1], "^(%d+):(%d+)$")
  return { tonumber(seq), tonumber(at), 0 }
end
if not gate then return { -1 } end
local bar = string.find(gate, "|", 1, true)
local seats = log == "talk" and string.sub(gate, 1, bar - 1) or string.sub(gate, bar + 1)
if not string.find(seats, ";" .. ARGV[3] .. "@", 1, true) then
  if ARGV[3] == "v" or string.find(gate, ";" .. ARGV[3] .. "@", 1, true) then return { -2 } end
  return { -1 }
end
local seq = (tonumber(known[2]) or 0) + 1
local at = ARGV[1]
if known[3] and tonumber(known[3]) > tonumber(at) then at = known[3] end
redis.call("XADD", KEYS[3], seq .. "-0", "t", at, "e", ARGV[6])
redis.call("HSET", KEYS[2], ARGV[5], seq .. ":" .. at, log, seq, "at", at)
local told = { [ARGV[7]] = true, [""] = true }
for node in string.gmatch(seats, "@([^;]*);") do
  if not told[node] then
    told[node] = true
    redis.pcall("SPUBLISH", ARGV[8] .. node, "m" .. ARGV[2] .. " " .. log .. " " .. seq .. " " .. at .. "\n" .. ARGV[6])
  end
end
return { seq, tonumber(at), 1 }
