-- Arguments of all scripts of presence: the beginning of the keys of users, the grace, and how long users are remembered, in milliseconds.
-- The keys of users are made here; they have the hash tag of KEYS[1].
local users, grace, remembered = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local due = KEYS[1]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- A user: the ends of the leases by socket, the time at which the last closed socket was open, when the user was seen last (microseconds),
-- and whether the user came and was not reported as gone since.
local function load(user)
    local fields = redis.call('HGETALL', users .. user)
    local state = { leases = {}, ended = 0, seen = nil, here = false }
    for place = 1, #fields, 2 do
        local name, value = fields[place], fields[place + 1]
        if name == 'ended' then
            state.ended = tonumber(value)
        elseif name == 'seen' then
            state.seen = value
        elseif name == 'here' then
            state.here = value == '1'
        else
            state.leases[name] = tonumber(value)
        end
    end
    return state
end

local function gone_at(state)
    local last = state.ended
    for _, lease in pairs(state.leases) do
        last = math.max(last, lease)
    end
    return last + grace
end

local function later(seen, at)
    if seen and tonumber(seen) > tonumber(at) then
        return seen
    end
    return at
end

local function look_at(user, at)
    redis.call('ZADD', due, at, user)
    redis.call('PEXPIRE', due, remembered)
end
