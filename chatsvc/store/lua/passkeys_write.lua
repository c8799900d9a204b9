-- Writes or removes the passkeys of an account, and under which credential ids it is found.
-- KEYS: 1 `passkeys`, 2 `passkey-ids`, 3 `staff`.
-- ARGV: 1 the account, 2 the row ("" removes it), 3 the row that it replaces ("" none), 4 how many credentials are
-- added; then the digests of these, and after them the digests of those that go.
-- Returns 1; 0 if another row is there than the one to be replaced, or the account is gone; -1 if a credential that is
-- to be added has an owner already.
local staff, row, replaced, added = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
if (redis.call("HGET", KEYS[1], staff) or "") ~= replaced then
  return 0
end
if row ~= "" and redis.call("HEXISTS", KEYS[3], staff) == 0 then
  return 0
end
for i = 5, 4 + added do
  if redis.call("HEXISTS", KEYS[2], ARGV[i]) == 1 then
    return -1
  end
end
for i = 5, 4 + added do
  redis.call("HSET", KEYS[2], ARGV[i], staff)
end
for i = 5 + added, #ARGV do
  redis.call("HDEL", KEYS[2], ARGV[i])
end
if row == "" then
  redis.call("HDEL", KEYS[1], staff)
else
  redis.call("HSET", KEYS[1], staff, row)
end
return 1
