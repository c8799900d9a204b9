-- Removes kinds of text of a conversation whose keys are destroyed, and notes by which rule. Safe to run again.
-- KEYS: 1 log of the conversation (hash), 2 talk stream, 3 note stream, 4 `kept`, 5 `past`, 6 `shreds` (stream), 7 `meta`
-- ARGV: 1 conversation, 2 now (ms), 3 last message (ms), 4 how many shreds are remembered; then kind, rule, version of each
-- Returns how many kinds were not noted before.
local TEXTS = { "transcript", "notes", "answers", "feedback" }
local OF_FIELD = { ["t:"] = "transcript", ["e:"] = "transcript", ["s:"] = "transcript", ["n:"] = "notes", ["i:"] = "answers" }
local raw = redis.call("HGET", KEYS[4], ARGV[1])
local row = raw and cmsgpack.unpack(raw) or {}
local gone, fresh, all = row.gone or {}, 0, true
for i = 5, #ARGV, 3 do
  if not gone[ARGV[i]] then
    gone[ARGV[i]] = { tonumber(ARGV[2]), ARGV[i + 1], tonumber(ARGV[i + 2]) }
    fresh = fresh + 1
  end
end
for _, kind in ipairs(TEXTS) do all = all and gone[kind] end
row.gone, row.last = gone, row.last or tonumber(ARGV[3])
if gone.transcript then redis.call("UNLINK", KEYS[2]) end
if gone.notes then redis.call("UNLINK", KEYS[3]) end
if all then redis.call("UNLINK", KEYS[1]) end
for _, field in ipairs(redis.call("HKEYS", KEYS[1])) do
  local kind = field == "i:feedback" and "feedback" or OF_FIELD[string.sub(field, 1, 2)]
  if kind and gone[kind] then redis.call("HDEL", KEYS[1], field) end
end
local past = gone.transcript and redis.call("HGET", KEYS[5], ARGV[1])
if past then -- nothing of the visitor is left in it, and no event that could be written to the log again
  local c = cmsgpack.unpack(past)
  c.pend, c.visitor, c.vnode, c.vconn = {}, "", nil, nil
  redis.call("HSET", KEYS[5], ARGV[1], cmsgpack.pack(c))
end
redis.call("HSET", KEYS[4], ARGV[1], cmsgpack.pack(row))
local number = redis.call("HINCRBY", KEYS[7], "shreds", 1)
redis.call("XADD", KEYS[6], "MAXLEN", ARGV[4], number .. "-0", "c", ARGV[1])
return fresh
