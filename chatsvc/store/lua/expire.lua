-- Meets one deadline, if it is still one: safe to run late, twice, or for something that has changed meanwhile.
-- args: kind (v visitor's grace, o offer, i idle, w wrap-up, s staff's grace, l linger, p offer again, t transfer, a another language),
--       id (of the conversation; s: of the member of staff; p: `conversation|staff`), last (at of the log's last entry)
-- result: c (record, not for s), done (bool), ended (reason, when the conversation ended here), forgotten (bool: its record moved to `past`)
local member = arg.kind .. ":" .. arg.id
local at = redis.call("ZSCORE", DUE, member)
if not at or tonumber(at) > now then return commit({ done = false }) end
local id = string.match(arg.id, "^[^|]*") -- of `p` the part before the member of staff
local missing
if arg.kind == "s" then
  local s = person(id)
  if s then missing = missing_queue(s.convs) or missing_queue(s.consults) or missing_queue({ s.offer }) end
else
  missing = missing_queue({ id })
end
if missing then return stale(missing) end
redis.call("ZREM", DUE, member)
if arg.kind == "p" then redis.call("ZREM", DECL, arg.id) end

if arg.kind == "s" then
  local s = person(id)
  if not s or not s.away then return commit({ done = false }) end
  clock_out(s, false, "connection_lost")
  for _, list in ipairs({ { unpack(s.convs) }, { unpack(s.consults) } }) do
    for _, member in ipairs(list) do
      local c = conv(member)
      local part = c and part_of(c, s.id)
      if part and part.role == "owner" then
        give_up(c, part)
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

local c = conv(id)
if not c then return commit({ done = false }) end

local handlers = {}
function handlers.v()
  if not c.vaway or not NEXT[c.state] or c.state == "wrap_up" or c.state == "closed" then return false end
  finish(c, "visitor_timeout")
  return true
end
function handlers.o()
  if not c.offered then return false end
  miss_offer(c)
  return true
end
function handlers.i()
  if c.state ~= "active" then return false end
  local cf = conf(c.queue)
  local quiet_since = math.max(tonumber(arg.last) or 0, c.assigned)
  if now - quiet_since >= cf.idle_end_ms then
    finish(c, "idle")
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
  leads_here_no_more(c)
  if c.state ~= "closed" then due("l", c.id, c.wrap_until or now + 60000); return true end
  put_away(c)
  return true, true
end
function handlers.p()
  if c.state ~= "waiting" and not c.transfer then return false end
  unpaired[c.id] = c
  return true
end
function handlers.a()
  if c.state ~= "waiting" or c.vaway then return false end
  offer_up(c, c.queue) -- now to those too who speak a language that the visitor agreed to
  touch(c)
  return true
end
function handlers.t()
  if not c.transfer or c.offered then return false end -- who holds an offer may accept; without an answer it ends then
  if c.state == "waiting" then settle_transfer(c); return true end
  leave_lines(c)
  end_transfer(c, "expired")
  return true
end

local was = c.state
local done, forgotten = handlers[arg.kind]()
local ended = was ~= c.state and c.reason or nil
return commit({ done = done, ended = ended, forgotten = forgotten, c = c })
