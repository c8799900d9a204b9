-- Ends, absences and returns: used by commands and by deadlines alike.

-- What a wait that ends without a counsellor is counted as; any other end is the visitor's own.
local ENDED_WAITING = { visitor_timeout = "dropped", queue_closed = "closed" }

-- Ends a live conversation. `reason` as in the wire's `closed`. Erasure skips the wrap-up: nothing is left to record.
local function finish(c, reason)
  local cf = conf(c.queue)
  if c.offered then
    local gone = person(c.offered)
    undue("o", c.id)
    if gone then
      gone.offer = nil
      tell_offer_ended(gone, c, "visitor_left")
      place(gone)
    end
    c.offered, c.offer_until = nil, nil
  end
  leave_lines(c)
  c.transfer = nil
  local owner = owner_of(c)
  if not owner then
    learn_wait(c, nil, reason ~= "queue_closed")
    tally_wait(c, ENDED_WAITING[reason] or "abandoned")
    if c.first_assigned then tally_month(c, "handled", 1) end
  end
  c.state = NEXT[c.state][owner and "ended_owned" or "ended_unowned"]
  c.reason, c.ended, c.warned = reason, now, nil
  c.linger_until = now + cf.linger_ms
  for _, kind in ipairs({ "i", "v", "t", "p", "a" }) do undue(kind, c.id) end
  due("l", c.id, c.linger_until)
  pend(c, "closed", { reason = reason }, 0)
  for i = #c.parts, 1, -1 do
    local part = c.parts[i]
    local s = person(part.s)
    if s and part.role == "owner" then
      remove(s.convs, c.id)
      if reason == "erased" then
        c.state = "closed"
        learn_handling(c)
        tally_month(c, "handled", 1)
      else
        table.insert(s.wraps, c.id)
        c.wrap_until = now + cf.wrap_up_ms * (c.heavy and 2 or 1)
        due("w", c.id, c.wrap_until)
      end
      place(s)
    elseif s then
      remove(s.consults, c.id)
      touch_staff(s)
    end
  end
  touch(c)
end

-- Back to the front of its queue; the owner's place is free.
local function give_back(c, s, reason)
  if c.offered then drop_offer(c, "withdrawn") end
  leave_lines(c)
  c.transfer = nil
  undue("t", c.id)
  learn_handling(c)
  unseat(c, s)
  while #c.parts > 0 do -- consultants were guests of the owner
    local guest = person(c.parts[1].s)
    unseat(c, guest)
    touch_staff(guest)
    tell_released(guest, c, reason)
  end
  c.state = NEXT[c.state].returned
  c.score = math.min(c.score, c.joined - FRONT)
  c.warned = nil
  pend(c, "returned", nil, 0)
  undue("i", c.id)
  stand_in_line(c)
  if c.vaway then due("v", c.id, now + conf(c.queue).grace_waiting_ms) end
  place(s)
  touch(c)
  tell_released(s, c, reason)
end

local function visitor_gone(c)
  local cf = conf(c.queue)
  c.vnode, c.vconn = nil, nil
  if c.state == "waiting" or c.state == "offered" or c.state == "active" then
    c.vaway = now
    if c.state ~= "active" then take_down(c, c.queue) end
    due("v", c.id, now + (c.state == "active" and cf.grace_talking_ms or cf.grace_waiting_ms))
  end
  touch(c)
end

local function staff_gone(s)
  s.node, s.conn = nil, nil
  s.away = now
  for _, list in ipairs({ s.convs, s.wraps, s.consults }) do
    for _, id in ipairs(list) do
      local c = conv(id)
      local part = c and part_of(c, s.id)
      if part then part.node, part.away = nil, now; touch(c) end
    end
  end
  due("s", s.id, now + s.grace_ms)
  place(s)
  local c = s.offer and conv(s.offer)
  if c then drop_offer(c, "withdrawn") end -- nobody is there to answer it
end

-- The offer that `s` holds goes to somebody else. Their state says already that they take nothing.
local function withdraw_offer(s)
  local c = s.offer and conv(s.offer)
  if c then drop_offer(c, "withdrawn") end
  s.offer = nil
end

-- Clocks out. With open conversations and `drain`, the state is draining until the last one ends.
local function clock_out(s, drain, reason)
  s.reason, s.since = reason, now
  s.state = (drain and (#s.convs + #s.wraps + #s.consults) > 0) and "draining" or "off"
  withdraw_offer(s)
  place(s)
end

local function end_wrap_up(c, s)
  remove(s.wraps, c.id)
  undue("w", c.id)
  learn_handling(c)
  tally_month(c, "handled", 1)
  c.state = NEXT[c.state].wrapped_up
  c.wrap_until = nil
  s.idle = now
  place(s)
  touch(c)
end

-- The one of the least number, ties by id: what a script does must not hang on the order of a Lua table.
local function least(set, number)
  local found, its
  for id, item in pairs(set) do
    local n = number(item)
    if not found or n < its or (n == its and id < found.id) then found, its = item, n end
  end
  if found then set[found.id] = nil end
  return found
end

-- Ends every script: whoever the step has left with a place or waiting is paired, then all is written. Pairing
-- happens here and nowhere else, so no step can forget it. Counsellors first: they take the longest wait, so that
-- somebody who has just returned does not overtake.
local function commit(result)
  while true do
    local s = least(unsettled, rank)
    local c = not s and least(unpaired, function(item) return item.score end)
    if s then
      if s.state == "draining" and #s.convs + #s.wraps + #s.consults == 0 then
        s.state, s.since = "off", now
        place(s)
      end
      pair_staff(s) -- one visitor; whoever got one is looked at again, after those with less
    elseif c then
      pair_visitor(c)
    else
      return write(result)
    end
  end
end
