-- Makes a key vault where there is none.
-- KEYS: 1 the hash `about`.
-- ARGV: 1 format, 2 id, 3 the id sealed with the master key.
-- Returns format, id and seal of the vault that is there now.
if redis.call("EXISTS", KEYS[1]) == 0 then
  redis.call("HSET", KEYS[1], "format", ARGV[1], "id", ARGV[2], "proof", ARGV[3])
end
return redis.call("HMGET", KEYS[1], "format", "id", "proof")
