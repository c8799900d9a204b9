-- Stores one entry, once. The message path: kept as short as it can be.
-- KEYS: 1 gate (hash), 2 log of the conversation (hash), 3 the log's stream
-- ARGV: 1 conversation, 2 log ("talk"|"staff"), 3 author's seat (";v@" or ";s:<staff>@"), 4 own node, 5 channel prefix, 6 now (ms), 7 dedupe field, 8 entry (bytes)
-- Returns "+seq:at", or "seq:at" if it was there already; -1 no such conversation or not yours, -2 it no longer takes messages.
local find, log, at = string.find, ARGV[2], ARGV[6]
local gate = redis.call("HGET", KEYS[1], ARGV[1])
local known = redis.call("HMGET", KEYS[2], ARGV[7], log, "at")
if known[1] then return known[1] end
if not gate then return -1 end
local first, last = 1, find(gate, "|", 1, true)
if log ~= "talk" then first, last = last + 1, #gate end
local seat = find(gate, ARGV[3], first, true)
if not seat or seat > last then
  if ARGV[3] == ";v@" or find(gate, ARGV[3], 1, true) then return -2 end
  return -1
end
-- Numbers stay strings: turning one into the other would cost as much as storing the entry.
local seq = known[2] and string.format("%d", known[2] + 1) or "1"
local before = known[3]
if before and (#before > #at or #before == #at and before > at) then at = before end
redis.call("XADD", KEYS[3], seq .. "-0", "t", at, "e", ARGV[8])
redis.call("HSET", KEYS[2], ARGV[7], seq .. ":" .. at, log, seq, "at", at)
local hint, told
while true do
  local _, stop, node = find(gate, "@([^;]*);", first)
  if not stop or stop > last then break end
  first = stop
  if node ~= "" and node ~= ARGV[4] and not (told and told[node]) then
    told = told or {}
    told[node] = true
    hint = hint or "m" .. ARGV[1] .. " " .. log .. " " .. seq .. " " .. at .. "\n" .. ARGV[8]
    redis.pcall("SPUBLISH", ARGV[5] .. node, hint)
  end
end
return "+" .. seq .. ":" .. at
