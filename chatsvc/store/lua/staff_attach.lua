-- A counsellor's console says hello: this connection replaces an older one; duty and conversations go on.
-- args: id, alias, capacity, queues (array), languages? (array; all without), grace_ms, node, conn,
--       own? (array: every queue that they may serve at any time), others? (array: all other declared queues; what they
--       have of one of these that was theirs, or of a site where they have none, goes to others)
-- result: s (record), convs (records of everything they are in), previous {node, conn}, back (from an absence)
local s = person(arg.id)
if not s then
  s = { id = arg.id, state = "off", since = now, convs = {}, wraps = {}, consults = {}, queues = {}, idle = now, missed = 0, rev = 0 }
  staffs[arg.id] = s
end
local missing = missing_queue(s.convs)
if arg.own then missing = missing or missing_queue(s.consults) or missing_queue({ s.offer }) end
if missing then return stale(missing) end
for _, queue in ipairs(s.queues) do
  local q = Q[queue]
  if q and not contains(arg.queues, queue) then
    redis.call("ZREM", KEYS[q.free], s.id)
    redis.call("SREM", KEYS[q.on], s.id)
    dirty_queue[queue] = true
  end
end
local back = s.away ~= nil and s.state ~= "off"
local previous
if s.node and s.conn ~= arg.conn then
  previous = { node = s.node, conn = s.conn }
  hint(extra_hints, s.node, { k = "x", staff = s.id, conn = s.conn })
end
s.alias, s.capacity, s.queues, s.grace_ms = arg.alias, arg.capacity, arg.queues, arg.grace_ms
s.languages = arg.languages or LANGS
s.node, s.conn, s.away = arg.node, arg.conn, nil
redis.call("SADD", AT, "s:" .. s.id)
undue("s", s.id)
-- A colleague may have handed them one of another queue of their site: it is theirs as long as the site is.
local function may_no_longer(c)
  if not contains(arg.others, c.queue) then return false end
  local site = false
  for _, queue in ipairs(arg.own) do site = site or string.match(queue, "^[^/]*") == c.site end
  return not site or contains(s.own or {}, c.queue)
end
if arg.own then
  turn_out_of(s, may_no_longer)
  s.own = arg.own
end
local mine = {}
for _, list in ipairs({ s.convs, s.wraps, s.consults }) do
  for i = #list, 1, -1 do
    local c = conv(list[i])
    local part = c and part_of(c, s.id)
    if part then
      part.node, part.away = s.node, nil
      if part.role == "owner" and c.adrift then come_back(c, part) end
      touch(c)
      table.insert(mine, c)
    else
      table.remove(list, i)
    end
  end
end
place(s)
return commit({ s = s, convs = mine, previous = previous, back = back })
