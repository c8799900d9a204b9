-- Keeps a wrapped key, unless one is there already or the vault is another than the caller knows.
-- KEYS: 1 the hash `about`, 2 the hash of wrapped keys.
-- ARGV: 1 the field of `about` to look at, 2 what must be there, 3 whose key, 4 the wrapped key.
-- Returns the wrapped key that is there now; nil, and nothing is kept, if `about` says something else.
if redis.call("HGET", KEYS[1], ARGV[1]) ~= ARGV[2] then
  return false
end
redis.call("HSETNX", KEYS[2], ARGV[3], ARGV[4])
return redis.call("HGET", KEYS[2], ARGV[3])
