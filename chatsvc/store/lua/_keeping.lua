-- What the retention rules mean while a conversation ends: it is looked at by whoever erases, and the visitor can't read
-- what is said longer than it is kept. `domain/retention.py` decides; this is told to the visitor at once.
local kept_sites = {}

local function keeping(site)
  if kept_sites[site] == nil then
    local raw = redis.call("HGET", META, "keep:" .. site)
    kept_sites[site] = raw and cmsgpack.unpack(raw) or false
  end
  return kept_sites[site]
end

-- The rules of every queue that a conversation was in bind it: what was said there was said under them.
local function move_to(c, queue)
  c.passed = c.passed or {}
  if not contains(c.passed, c.queue) then table.insert(c.passed, c.queue) end
  c.queue = queue
end

-- How long (ms) the rules keep a transcript as one of this queue, nil where none names it; and a law's time.
local function transcript_in(queue, c, rules)
  local least, law = nil, 0
  for _, rule in ipairs(rules) do
    local topic = rule.tag == nil or contains(c.tags or {}, rule.tag)
    if topic and (rule.queue or queue) == queue and (rule.outcome or c.outcome) == c.outcome then
      least = math.min(least or rule.ms, rule.ms)
      law = math.max(law, rule.law)
    end
  end
  return least, law
end

-- How long after the end (ms) a transcript is kept; 0 where no rule names it. Times beyond a day are not exact.
local function transcript_ms(c, rules)
  local least, law = transcript_in(c.queue, c, rules)
  for _, queue in ipairs(c.passed or {}) do
    local there, also = transcript_in(queue, c, rules)
    least, law = math.min(least or 0, there or 0), math.max(law, also)
  end
  return math.max(least or 0, law)
end

local function cut_linger(c)
  local keep = keeping(c.site)
  if not keep or not c.linger_until then return end
  local gone = c.ended
  if c.first_assigned then gone = math.min(c.ended + keep.within, c.wrapped or c.wrap_until or c.ended) end
  gone = math.max(gone, c.ended + transcript_ms(c, keep.rules))
  if gone < c.linger_until then
    c.linger_until = gone
    due("l", c.id, gone)
  end
end

local function keep_ended(c)
  redis.call("ZADD", KEEP, now, c.id)
  cut_linger(c)
end

local function keep_wrapped(c)
  c.wrapped = now
  keep_ended(c)
end
