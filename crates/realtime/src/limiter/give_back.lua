-- Returns permits to a bucket. ARGV: the time, the parts in a microsecond, the cost (microseconds and parts).
local now, parts = tonumber(ARGV[1]), tonumber(ARGV[2])
local micros, rest = string.match(redis.call('GET', KEYS[1]) or '', '^(-?%d+) (%d+)$')
if not micros then
    return
end
local full, full_parts = tonumber(micros) - tonumber(ARGV[3]), tonumber(rest) - tonumber(ARGV[4])
if full_parts < 0 then
    full, full_parts = full - 1, full_parts + parts
end
if full < now or full == now and full_parts == 0 then
    redis.call('DEL', KEYS[1])
else
    redis.call('SET', KEYS[1], string.format('%.0f %.0f', full, full_parts), 'PX', string.format('%.0f', math.ceil((full - now) / 1000) + 1000))
end
