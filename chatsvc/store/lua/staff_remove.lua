-- Removes an account with all that it signs in with, and tells every node.
-- KEYS: 1 `staff`, 2 `factors`, 3 `passkeys`, 4 `passkey-ids`, 5 `about`, 6 the directory channel.
-- ARGV: 1 the account.
-- Returns the directory's version: one more than before if the account was there, else the present one.
local staff = ARGV[1]
redis.call("HDEL", KEYS[2], staff)
redis.call("HDEL", KEYS[3], staff)
local owners = redis.call("HGETALL", KEYS[4])
for i = 1, #owners, 2 do
  if owners[i + 1] == staff then
    redis.call("HDEL", KEYS[4], owners[i])
  end
end
if redis.call("HDEL", KEYS[1], staff) == 0 then
  return tonumber(redis.call("HGET", KEYS[5], "version") or 0)
end
local version = redis.call("HINCRBY", KEYS[5], "version", 1)
redis.pcall("SPUBLISH", KEYS[6], "dir")
return version
