-- Ends a conversation or a wait.
-- args: id, reason, visitor? (HMAC: must be its visitor), staff? (must take part; a consultant only leaves),
--       forget (bool: the visitor's token no longer leads here), waiting? (bool: only somebody whom nobody has yet or is offered)
-- result: c (record), left (bool: only a consultant left); err: not_found, bad_state
local c = conv(arg.id)
if not c then return fail("not_found") end
if arg.visitor and c.visitor ~= arg.visitor then return fail("not_found") end
local missing = missing_queue({ c.id })
if missing then return stale(missing) end
if arg.waiting and c.state ~= "waiting" then return fail("bad_state") end
if arg.reason == "queue_closed" and c.transfer and c.transfer.from then -- the queue it came from may be open
  fall_back(c)
  return commit({ c = c })
end
local part = arg.staff and part_of(c, arg.staff)
if arg.staff and not part then return fail("not_found") end
if arg.forget then leads_here_no_more(c) end
if part and part.role ~= "owner" then
  local s = person(arg.staff)
  unseat(c, s)
  tell_released(s, c, "left")
  touch(c)
  place(s)
  return commit({ c = c, left = true })
end
if c.state == "wrap_up" or c.state == "closed" then
  if arg.reason ~= "erased" then
    if arg.forget then touch(c); return commit({ c = c }) end
    return fail("bad_state")
  end
  c.reason = "erased"
  keep_ended(c)
  local owner = owner_of(c)
  if c.state == "wrap_up" and owner then end_wrap_up(c, person(owner.s)) end
  touch(c)
  return commit({ c = c })
end
finish(c, arg.reason)
return commit({ c = c })
