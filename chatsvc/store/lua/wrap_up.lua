-- The owner finishes the record; the place is free.
-- args: id (staff), conversation, outcome, tags (array)
-- result: c (record); err: not_found, not_allowed (a consultant), bad_state
local s = person(arg.id)
local c = conv(arg.conversation)
local part = c and part_of(c, arg.id)
if not s or not part then return fail("not_found") end
if part.role ~= "owner" then return fail("not_allowed") end
if c.state ~= "wrap_up" then return fail("bad_state") end
c.outcome, c.tags = arg.outcome, arg.tags
end_wrap_up(c, s)
return commit({ c = c })
