-- Meets one deadline, if it is still one: safe to run late, twice, or for something that has changed meanwhile.
-- args: kind (v visitor's grace, o offer, i idle, w wrap-up, s staff's grace, l linger, p offer again, t transfer), id, last (at of the log's last entry)
-- result: done (bool), ended (reason, when the conversation ended here), forgotten (bool: its record moved to `past`)
local member = arg.kind .. ":" .. arg.id
local at = redis.call("ZSCORE", DUE, member)
if not at or tonumber(at) > now then return commit({ done = false }) end
if arg.kind ~= "s" and conv(arg.id) and not Q[conv(arg.id).queue] then return fail("stale") end
redis.call("ZREM", DUE, member)
redis.call("ZREMRANGEBYSCORE", DECL, "-inf", now)

if arg.kind == "s" then
  local s = person(arg.id)
  if not s or not s.away then return commit({ done = false }) end
  clock_out(s, false, "connection_lost")
  for _, list in ipairs({ { unpack(s.convs) }, { unpack(s.consults) } }) do
    for _, id in ipairs(list) do
      local c = conv(id)
      local part = c and part_of(c, s.id)
      if part and part.role == "owner" then
        give_back(c, s, "grace")
        pair_visitor(c)
      elseif part then
        unseat(c, s)
        touch(c)
      end
    end
  end
  s.state, s.since = "off", now
  place(s)
  return commit({ done = true })
end

local c = conv(arg.id)
if not c then return commit({ done = false }) end

local handlers = {}
function handlers.v()
  if not c.vaway or not NEXT[c.state] or c.state == "wrap_up" or c.state == "closed" then return false end
  for _, s in ipairs(finish(c, "visitor_timeout")) do settle(s) end
  return true
end
function handlers.o()
  if not c.offered then return false end
  local s = drop_offer(c, "expired")
  if s then
    s.missed = s.missed + 1
    if s.missed >= 2 and s.state == "available" then
      s.state, s.reason, s.since, s.missed = "paused", "missed_offers", now, 0
      place(s)
    end
  end
  pair_visitor(c)
  if s then pair_staff(s) end
  return true
end
function handlers.i()
  if c.state ~= "active" then return false end
  local cf = conf(c.queue)
  local quiet_since = math.max(tonumber(arg.last) or 0, c.assigned)
  if now - quiet_since >= cf.idle_end_ms then
    for _, s in ipairs(finish(c, "idle")) do settle(s) end
  elseif now - quiet_since >= cf.idle_warning_ms then
    c.warned = quiet_since + cf.idle_end_ms
    due("i", c.id, c.warned)
    touch(c)
  else
    if c.warned then c.warned = nil; touch(c) end
    due("i", c.id, quiet_since + cf.idle_warning_ms)
  end
  return true
end
function handlers.w()
  local owner = owner_of(c)
  if c.state ~= "wrap_up" or not owner then return false end
  end_wrap_up(c, person(owner.s))
  return true
end
function handlers.l()
  if redis.call("HGET", VIS, c.visitor) == c.id then redis.call("HDEL", VIS, c.visitor) end
  if c.state ~= "closed" then due("l", c.id, c.wrap_until or now + 60000); return true end
  redis.call("HSET", PAST, c.id, cmsgpack.pack(c)) -- its logs stay until retention removes them
  redis.call("HDEL", CONV, c.id)
  redis.call("HDEL", GATE, c.id)
  return true, true
end
function handlers.p()
  pair_visitor(c)
  return true
end
function handlers.t()
  if not c.transfer or c.offered then return false end
  leave_lines(c)
  local owner = owner_of(c)
  if owner then tell_transfer_ended(person(owner.s), c, "expired") end
  c.transfer = nil
  touch(c)
  return true
end

local was = c.state
local done, forgotten = handlers[arg.kind]()
local ended = was ~= c.state and c.reason or nil
return commit({ done = done, ended = ended, forgotten = forgotten, c = c })
