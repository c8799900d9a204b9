-- A counsellor marks a conversation as heavy, or takes the mark back: it takes twice the places, and twice the wrap-up.
-- args: id (staff), conversation, on (bool)
-- result: c (record); err: not_found, not_allowed (a consultant), bad_state
local s = person(arg.id)
local c = conv(arg.conversation)
local part = c and part_of(c, arg.id)
if not s or not part then return fail("not_found") end
if part.role ~= "owner" then return fail("not_allowed") end
if c.state ~= "active" then return fail("bad_state") end
c.heavy = arg.on or nil
touch(c)
place(s)
if c.offered then place(person(c.offered)) end
return commit({ c = c })
