-- For each user in ARGV: whether the user is online, and when the user was seen last.
local statuses = {}
for place = 4, #ARGV do
    local state = load(ARGV[place])
    local online = state.here and now < gone_at(state)
    statuses[#statuses + 1] = { online and 1 or 0, state.seen and tonumber(state.seen) or false }
end
return statuses
