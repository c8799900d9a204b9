-- Stores what one author writes into one log in a moment, each entry once. The message path: as short as it can be.
-- KEYS: 1 gate (hash), 2 log of the conversation (hash), 3 the log's stream
-- ARGV: 1 conversation, 2 log ("talk"|"staff"), 3 author's seat (";v@" or ";s:<staff>@"), 4 own node, 5 channel prefix, 6 now (ms); then the entries' dedupe fields; then the entries (bytes)
-- Returns a word for each entry, with spaces between: "+seq:at", or "seq:at" if it was there already; "-1" no such conversation or not yours, "-2" it no longer takes messages.
local find, log, at, count = string.find, ARGV[2], ARGV[6], (#ARGV - 6) / 2
local gate = redis.call("HGET", KEYS[1], ARGV[1]) or "|"
local known = redis.call("HMGET", KEYS[2], log, "at", unpack(ARGV, 7, 6 + count))
local first, last = 1, find(gate, "|", 1, true)
if log ~= "talk" then first, last = last + 1, #gate end
local seat, refusal = find(gate, ARGV[3], first, true), nil
if not seat or seat > last then
  refusal = (gate ~= "|" and ARGV[3] == ";v@" or find(gate, ARGV[3], 1, true)) and "-2" or "-1"
end
-- Numbers stay strings where they can: turning one into the other costs as much as storing an entry.
local seq, before = known[1], known[2]
if before and (#before > #at or #before == #at and before > at) then at = before end
local words, fresh, hint, sizes = {}, {}, {}, ""
for i = 1, count do
  local field = ARGV[6 + i]
  local word = known[i + 2] or refusal
  if count > 1 and not word then
    for j = 1, #fresh, 2 do word = word or fresh[j] == field and fresh[j + 1] end
  end
  if word then
    words[i] = word
  else
    local entry = ARGV[6 + count + i]
    seq = seq and string.format("%d", seq + 1) or "1"
    redis.call("XADD", KEYS[3], seq .. "-0", "t", at, "e", entry)
    word = seq .. ":" .. at
    words[i] = "+" .. word
    fresh[#fresh + 1] = field
    fresh[#fresh + 1] = word
    hint[#hint + 1] = entry
    if count > 1 then sizes = sizes .. " " .. #entry end
  end
end
if fresh[1] then
  redis.call("HSET", KEYS[2], log, seq, "at", at, unpack(fresh))
  local kind = count > 1 and "M" or "m"
  hint = kind .. ARGV[1] .. " " .. log .. " " .. seq .. " " .. at .. sizes .. "\n" .. table.concat(hint)
  local told = { [ARGV[4]] = true, [""] = true }
  while true do
    local _, stop, node = find(gate, "@([^;]*);", first)
    if not stop or stop > last then break end
    first = stop
    if not told[node] then
      told[node] = true
      redis.pcall("SPUBLISH", ARGV[5] .. node, hint)
    end
  end
end
return table.concat(words, " ")
