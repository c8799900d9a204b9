-- Puts keys wrapped with a new master key in the place of all that the old one wraps, or changes nothing.
-- KEYS: 1 the hash `about`, 2 the sites' keys, 3 the secrets.
-- ARGV: 1 the seal of the old master key, 2 that of the new one; then by fours: 2 or 3 (which hash), whose key, the
-- wrapped key that is there, the one that takes its place.
-- Returns 1; 0 if the seal or any key is another than expected, or one is there that is not named.
if redis.call("HGET", KEYS[1], "proof") ~= ARGV[1] then
  return 0
end
local count = redis.call("HLEN", KEYS[2]) + redis.call("HLEN", KEYS[3])
if count * 4 ~= #ARGV - 2 then
  return 0
end
for at = 3, #ARGV, 4 do
  if redis.call("HGET", KEYS[tonumber(ARGV[at])], ARGV[at + 1]) ~= ARGV[at + 2] then
    return 0
  end
end
for at = 3, #ARGV, 4 do
  redis.call("HSET", KEYS[tonumber(ARGV[at])], ARGV[at + 1], ARGV[at + 3])
end
redis.call("HSET", KEYS[1], "proof", ARGV[2])
return 1
