-- Takes a site's queues out of the duty records of a pool; a record goes with the last of its queues. Safe to run again.
-- KEYS: 1 `staff`, 2 `due`
-- ARGV: 1 the site
-- Returns how many records were changed.
local function elsewhere(queues)
  local found = {}
  for _, queue in ipairs(queues) do
    if string.match(queue, "^[^/]*") ~= ARGV[1] then table.insert(found, queue) end
  end
  return found
end

local changed, rows = 0, redis.call("HGETALL", KEYS[1])
for at = 1, #rows, 2 do
  local s = cmsgpack.unpack(rows[at + 1])
  local left, own = elsewhere(s.queues), elsewhere(s.own or {})
  if #left < #s.queues or #own < #(s.own or {}) then
    changed = changed + 1
    s.queues, s.own, s.rev = left, s.own and own, s.rev + 1
    if #left == 0 then
      redis.call("HDEL", KEYS[1], rows[at])
      redis.call("ZREM", KEYS[2], "s:" .. rows[at])
    else
      redis.call("HSET", KEYS[1], rows[at], cmsgpack.pack(s))
    end
  end
end
return changed
