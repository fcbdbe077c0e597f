-- wrk's script for benchmarks/server.py: one headline a request, each another one.
--   wrk ... -s server.lua URL -- BODIES PAUSE_MS FIRST
-- BODIES holds a request's body a line; PAUSE_MS is how long a connection rests between two requests on
-- average (exponential; 0 is never); FIRST is the line to begin with.

local bodies, at, pause_ms = {}, 0, 0

function init(arguments)
  for line in io.lines(arguments[1]) do bodies[#bodies + 1] = line end
  pause_ms, at = tonumber(arguments[2]), tonumber(arguments[3])
  math.randomseed(at)
  if pause_ms == 0 then delay = nil end
end

function request()
  at = at + 1
  return wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, bodies[(at - 1) % #bodies + 1])
end

function delay()
  return math.floor(-pause_ms * math.log(1 - math.random()) + 0.5)
end

function done(summary, latency, _)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local rate = summary.requests / summary.duration * 1e6
  local p50, p99 = latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
  print(string.format("RESULT %d %f %f %f %d", summary.requests, rate, p50, p99, failed))
  if failed > 0 then
    print("connect, read, write, status, timeout:", errors.connect, errors.read, errors.write, errors.status, errors.timeout)
  end
end
