-- Moves one pending event of a conversation into its talk log. Anybody may call it, any number of times.
-- KEYS: 1 conv (hash), 2 log of the conversation (hash), 3 talk stream, 4 past (hash)
-- ARGV: 1 conversation, 2 number of the event, 3 its time, 4 entry (bytes), 5 channel prefix, 6 dedupe field
-- Returns {seq, at} or {0} if it was no longer pending.
local raw = redis.call("HGET", KEYS[1], ARGV[1])
local live = raw
if not raw then raw = redis.call("HGET", KEYS[4], ARGV[1]) end
if not raw then return { 0 } end
local c = cmsgpack.unpack(raw)
local first = c.pend[1]
if not first or first.n ~= tonumber(ARGV[2]) then return { 0 } end
local known = redis.call("HMGET", KEYS[2], "talk", "at")
local seq = (tonumber(known[1]) or 0) + 1
local at = ARGV[3]
if known[2] and tonumber(known[2]) > tonumber(at) then at = known[2] end
table.remove(c.pend, 1)
redis.call("XADD", KEYS[3], seq .. "-0", "t", at, "e", ARGV[4])
redis.call("HSET", KEYS[2], ARGV[6], seq .. ":" .. at, "talk", seq)
if live then
  redis.call("HSET", KEYS[1], ARGV[1], cmsgpack.pack(c))
else
  redis.call("HSET", KEYS[4], ARGV[1], cmsgpack.pack(c))
end
local told = {}
local function tell(node)
  if node and not told[node] then
    told[node] = true
    redis.pcall("SPUBLISH", ARGV[5] .. node, "m" .. ARGV[1] .. " talk " .. seq .. " " .. at .. "\n" .. ARGV[4])
  end
end
tell(c.vnode)
for _, part in ipairs(c.parts) do tell(part.node) end
return { seq, tonumber(at) }
