-- Destroys wrapped keys of a conversation; the row goes with the last of them.
-- KEYS: 1 the hash of wrapped keys.
-- ARGV: 1 the conversation, 2 bytes of a wrapped key, 3 how many there are in a row; then the places of those to destroy, from 0.
-- Returns 1, or 0 if they were destroyed already.
local row = redis.call("HGET", KEYS[1], ARGV[1])
if not row then return 0 end
local size, many = tonumber(ARGV[2]), tonumber(ARGV[3])
local destroyed, left = string.rep("\0", size), row
for i = 4, #ARGV do
  local at = tonumber(ARGV[i]) * size
  left = string.sub(left, 1, at) .. destroyed .. string.sub(left, at + size + 1)
end
if left == row then return 0 end
if string.sub(left, 1, size * many) == string.rep(destroyed, many) then
  redis.call("HDEL", KEYS[1], ARGV[1])
else
  redis.call("HSET", KEYS[1], ARGV[1], left)
end
return 1
