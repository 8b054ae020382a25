// The programs that `user` runs. They share one image, and the first word of their arguments says which one is meant.

@c(program_main)
public func programMain(_ arguments: UnsafePointer<UInt8>) -> UInt32 {
    var line: [UInt8] = []
    while arguments[line.count] != 0 { line.append(arguments[line.count]) }
    let words = line.split(separator: UInt8(ascii: " ")).map { Array($0) }
    guard let name = words.first else { return 1 }
    let rest = Array(words.dropFirst())
    for program in Program.all where name.spells(program.name) { return program.main(rest) }
    System.write("Programs for ring 3:\n")
    for program in Program.all {
        let left: Text = "user \(program.name) \(program.usage)"
        System.write("  \(left.padded(to: 28)) \(program.summary)\n")
    }
    return name.spells("help") ? 0 : 127
}

struct Program {
    let name: StaticString
    let usage: StaticString
    let summary: StaticString
    let main: ([[UInt8]]) -> UInt32

    static var all: [Program] {
        [
            Program(name: "hello", usage: "", summary: "say hello from ring 3", main: hello),
            Program(name: "primes", usage: "[LIMIT]", summary: "count primes by division", main: primes),
            Program(name: "sieve", usage: "[LIMIT]", summary: "count primes with a sieve on the heap", main: sieve),
            Program(
                name: "mandelbrot", usage: "[ROWS]", summary: "draw with the floating-point unit", main: mandelbrot),
            Program(name: "stack", usage: "[DEPTH]", summary: "recurse, and let the stack grow", main: stack),
            Program(name: "ask", usage: "", summary: "read a line and answer", main: ask),
            Program(name: "spin", usage: "", summary: "run in a circle until ^C", main: spin),
            Program(name: "peek", usage: "ADDRESS", summary: "read a word; the kernel's are off limits", main: peek),
            Program(name: "fault", usage: "KIND", summary: "break a rule", main: fault),
        ]
    }
}

private func hello(_ words: [[UInt8]]) -> UInt32 {
    System.write("Hello from ring 3! It is second \(System.time()) since 1970, and the kernel is out of my reach.\n")
    return 0
}

private func primes(_ words: [[UInt8]]) -> UInt32 {
    let limit = words.first?.number ?? 20_000
    var count: UInt32 = 0
    var candidate: UInt32 = 2
    while candidate <= limit {
        var divisor: UInt32 = 2
        while divisor &* divisor <= candidate, candidate % divisor != 0 { divisor += 1 }
        if divisor &* divisor > candidate { count += 1 }
        candidate += 1
    }
    System.write("\(count) primes up to \(limit)\n")
    return 0
}

private func sieve(_ words: [[UInt8]]) -> UInt32 {
    let limit = Int(min(words.first?.number ?? 200_000, 900_000))
    var crossed = [Bool](repeating: false, count: limit + 1)
    var count: UInt32 = 0
    var candidate = 2
    while candidate <= limit {
        if !crossed[candidate] {
            count += 1
            for multiple in stride(from: candidate * 2, through: limit, by: candidate) { crossed[multiple] = true }
        }
        candidate += 1
    }
    System.write("\(count) primes up to \(UInt32(limit))\n")
    return 0
}

private func mandelbrot(_ words: [[UInt8]]) -> UInt32 {
    let rows = Int(min(max(words.first?.number ?? 24, 4), 200))
    let columns = rows * 3
    let shades = Text.bytes(of: " .:-=+*%#@")
    for row in 0..<rows {
        var line: [UInt8] = []
        for column in 0..<columns {
            let x0 = Double(column) * 3.2 / Double(columns) - 2.2
            let y0 = Double(row) * 2.4 / Double(rows) - 1.2
            var (x, y, step) = (0.0, 0.0, 0)
            while step < 90, x * x + y * y < 4 {
                (x, y) = (x * x - y * y + x0, 2 * x * y + y0)
                step += 1
            }
            line.append(step == 90 ? UInt8(ascii: " ") : shades[step % 9 + 1])
        }
        System.write("\(line)\n")
    }
    return 0
}

/// Calls itself, with 256 bytes of its own on each level that the next level reads: a stack that cannot be optimised away.
@inline(never)
private func descend(_ depth: UInt32, below above: UnsafeMutableBufferPointer<UInt32>) -> UInt32 {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { room in
        room.initialize(repeating: above[Int(depth & 63)] &+ 1)
        let deeper = depth == 0 ? 0 : descend(depth - 1, below: room)
        return max(deeper, room[Int(depth & 63)])
    }
}

private func stack(_ words: [[UInt8]]) -> UInt32 {
    let depth = words.first?.number ?? 500
    let calls = withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { room in
        room.initialize(repeating: 0)
        return descend(depth, below: room)
    }
    System.write("\(calls) calls deep and back\n")
    return 0
}

private func ask(_ words: [[UInt8]]) -> UInt32 {
    System.write("What is your name? ")
    guard let name = System.readLine(), !name.isEmpty else {
        System.write("No name, no greeting.\n")
        return 1
    }
    System.write("Thinking")
    for _ in 0..<3 {
        System.sleep(milliseconds: 150)
        System.write(".")
    }
    System.write("\nHello, \(name)!\n")
    return 0
}

private func spin(_ words: [[UInt8]]) -> UInt32 {
    System.write("spinning in ring 3\n")
    var value: UInt32 = 1
    while value != 0 { value = value &* 1_664_525 | 1 }  // odd times odd is never zero
    return value
}

private func peek(_ words: [[UInt8]]) -> UInt32 {
    guard let address = words.first?.number, let pointer = UnsafePointer<UInt32>(bitPattern: UInt(address)) else {
        System.write("usage: user peek ADDRESS (0xC0100000 is the kernel)\n")
        return 64
    }
    System.write("\(hex: address): \(hex: pointer.pointee)\n")
    return 0
}

private func fault(_ words: [[UInt8]]) -> UInt32 {
    let kinds: [(StaticString, UInt32)] = [
        ("divide", 0), ("debug", 1), ("breakpoint", 3), ("overflow", 4), ("bound", 5), ("ud", 6), ("segment", 11),
        ("stack", 12), ("gp", 13), ("page", 14), ("fpu", 16), ("readonly", 17), ("port", 19),
    ]
    for (name, code) in kinds where words.first?.spells(name) ?? false {
        commit_fault(code)
        System.write("Nobody minded.\n")
        return 0
    }
    System.write("There is no such fault in ring 3.\n")
    return 64
}
