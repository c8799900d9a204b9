-- The owner finishes the record; the place is free. Tags from the questions stay, or a retention rule for them would be lost.
-- args: id (staff), conversation, outcome, tags (array; they are added)
-- result: c (record); err: not_found, not_allowed (a consultant), bad_state
local s = person(arg.id)
local c = conv(arg.conversation)
local part = c and part_of(c, arg.id)
if not s or not part then return fail("not_found") end
if part.role ~= "owner" then return fail("not_allowed") end
if c.state ~= "wrap_up" then return fail("bad_state") end
c.outcome, c.tags = arg.outcome, c.tags or {}
for _, tag in ipairs(arg.tags) do
  if not contains(c.tags, tag) then table.insert(c.tags, tag) end
end
end_wrap_up(c, s)
return commit({ c = c })
