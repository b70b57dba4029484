-- Tables, closures, coroutines, strings, files and processes in lua.
local function range(n)
  return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end)
end
local sum = 0
for i in range(100) do sum = sum + i end
print("sum", sum, 7 // 2, 7 / 2, 2 ^ 0.5, 1 << 40, math.maxinteger, 10 % -3)
local words = {}
for word in ("the quick brown fox jumps over the lazy dog"):gmatch("%a+") do words[#words + 1] = word end
table.sort(words, function(a, b) return #a == #b and a < b or #a < #b end)
print(table.concat(words, " "))
print(("%5.2f|%-8s|%08x|%q"):format(math.pi, "left", 48879, "a\nb"))
print(("2008-07-30"):gsub("(%d+)-(%d+)-(%d+)", "%3.%2.%1"))
local meta = setmetatable({}, { __index = function(_, k) return k .. "!" end, __call = function(_, x) return x * 2 end })
print(meta.hello, meta(21), pcall(error, "seven", 0))
local path = os.getenv("TMPDIR") .. "/lua.txt"
local file = assert(io.open(path, "w"))
for i = 1, 3 do file:write("line ", i, "\n") end
file:close()
for line in io.lines(path) do io.write("[", line, "] ") end
print(os.remove(path), io.open(path))
local pipe = io.popen("echo from a shell; exit 5")
print(pipe:read("a"), pipe:close())
print(os.date("!%Y-%m-%d %H:%M:%S", 1217376000))
print(string.pack("<i4d", -2, 0.5):byte(1, -1))
print(utf8.char(233, 10003), utf8.len("h\u{e9}llo"), select("#", nil, nil))
os.exit(9)
