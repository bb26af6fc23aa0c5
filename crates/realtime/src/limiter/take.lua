-- Takes permits from a bucket: KEYS[1] holds the time at which it will be full, as microseconds and parts of one (the generic cell rate algorithm).
-- ARGV: the time, the parts in a microsecond, the cost and the room (each microseconds and parts). Returns 0, or the microseconds to wait, rounded up.
local now, parts = tonumber(ARGV[1]), tonumber(ARGV[2])
local cost, cost_parts = tonumber(ARGV[3]), tonumber(ARGV[4])
local room, room_parts = tonumber(ARGV[5]), tonumber(ARGV[6])

local function carry(micros, rest)
    if rest >= parts then
        return micros + 1, rest - parts
    elseif rest < 0 then
        return micros - 1, rest + parts
    end
    return micros, rest
end

local full, full_parts = now, 0
local held = redis.call('GET', KEYS[1])
if held then
    local micros, rest = string.match(held, '^(-?%d+) (%d+)$')
    if micros then
        full, full_parts = tonumber(micros), tonumber(rest)
    end
end

local function keep()
    local left = math.ceil((full - now) / 1000) + 1000
    redis.call('SET', KEYS[1], string.format('%.0f %.0f', full, full_parts), 'PX', string.format('%.0f', left))
end

if full < now then
    full, full_parts = now, 0
elseif full > now + room or full == now + room and full_parts > room_parts then
    -- The clock has stepped back: the bucket counts as empty.
    full, full_parts = now + room, room_parts
    keep()
end
local then_full, then_parts = carry(full + cost, full_parts + cost_parts)
local wait, wait_parts = carry(then_full - room - now, then_parts - room_parts)
if wait > 0 or wait == 0 and wait_parts > 0 then
    return wait + (wait_parts > 0 and 1 or 0)
end
full, full_parts = then_full, then_parts
keep()
return 0
