-- Destroys the wrapped key of a site and those of all its conversations.
-- KEYS: 1 the hash of conversations' wrapped keys, 2 the sites' keys.
-- ARGV: 1 the site, 2 how many bytes of a conversation's row come before the name of its site.
-- Returns how many conversations had keys.
local gone, rows = 0, redis.call("HGETALL", KEYS[1])
for at = 1, #rows, 2 do
  if string.sub(rows[at + 1], ARGV[2] + 1) == ARGV[1] then
    redis.call("HDEL", KEYS[1], rows[at])
    gone = gone + 1
  end
end
redis.call("HDEL", KEYS[2], ARGV[1])
return gone
