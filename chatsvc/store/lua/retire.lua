-- Brings a conversation that is over to where it takes nothing any more: its wrap-up is over, its visitor can't read it, its
-- record is in `past`. Called until `done`; what it does is told before the record goes.
-- args: id
-- result: c (record), done (bool: nothing of it is left outside `past`); err: bad_state (it goes on)
local c = conv(arg.id)
if not c then return commit({ done = true }) end
local missing = missing_queue({ c.id })
if missing then return stale(missing) end
if c.state ~= "wrap_up" and c.state ~= "closed" then return fail("bad_state") end
local owner = owner_of(c)
if c.state == "wrap_up" and owner then end_wrap_up(c, person(owner.s)) end
if c.linger_until > now or c.state ~= "closed" then
  c.state = "closed"
  c.linger_until = now
  touch(c)
end
if dirty_conv[c.id] then return commit({ c = c, done = false }) end
leads_here_no_more(c)
undue("l", c.id)
put_away(c)
return commit({ c = c, done = true })
