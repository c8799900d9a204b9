-- Puts redacted texts in the place of what was said, all at once, and tells the nodes to forget the keys. Safe to run again.
-- KEYS: 1 log of the conversation (hash), 2 talk stream, 3 note stream, 4 `kept`, 5 `shreds` (stream), 6 `meta`, 7 `past`
-- ARGV: 1 conversation, 2 now (ms), 3 how many shreds are remembered, 4 how many talk entries, 5 how many notes, 6 how many
-- answers; then for each entry, talk first: number, time, entry; for each answer: field, sealed
-- Returns 1; 0, and nothing is changed, if the logs have other entries by now. Once it is done it changes nothing more.
local raw = redis.call("HGET", KEYS[4], ARGV[1])
local row = raw and cmsgpack.unpack(raw) or {}
if row.redacted then return 1 end
local talk, notes = tonumber(ARGV[4]), tonumber(ARGV[5])
local after = 7 + (talk + notes) * 3
for i, name in ipairs({ 2, 3 }) do
  local count = i == 1 and talk or notes
  local at = i == 1 and 7 + (talk - 1) * 3 or after - 3
  local last = redis.call("XREVRANGE", KEYS[name], "+", "-", "COUNT", 1)[1]
  if count == 0 and last then return 0 end
  if count > 0 and (not last or string.match(last[1], "^%d+") ~= ARGV[at]) then return 0 end
end
redis.call("UNLINK", KEYS[2], KEYS[3])
for i = 7, 4 + talk * 3, 3 do redis.call("XADD", KEYS[2], ARGV[i] .. "-0", "t", ARGV[i + 1], "e", ARGV[i + 2]) end
for i = 7 + talk * 3, after - 1, 3 do redis.call("XADD", KEYS[3], ARGV[i] .. "-0", "t", ARGV[i + 1], "e", ARGV[i + 2]) end
for i = after, #ARGV, 2 do redis.call("HSET", KEYS[1], ARGV[i], ARGV[i + 1]) end
local past = redis.call("HGET", KEYS[7], ARGV[1])
if past then -- no event that was sealed with the old key can be written to the log any more
  local c = cmsgpack.unpack(past)
  c.pend = {}
  redis.call("HSET", KEYS[7], ARGV[1], cmsgpack.pack(c))
end
row.redacted = tonumber(ARGV[2])
redis.call("HSET", KEYS[4], ARGV[1], cmsgpack.pack(row))
local number = redis.call("HINCRBY", KEYS[6], "shreds", 1)
redis.call("XADD", KEYS[5], "MAXLEN", ARGV[3], number .. "-0", "c", ARGV[1])
return 1
