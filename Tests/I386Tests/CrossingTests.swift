// Between rings inside of generated code, and what kernels do at that border: segment registers saved, loaded and restored, and
// data behind fs and gs. The interpreter says what is right; counters say that generated code has done it.

import I386
import Testing

#if arch(x86_64)
    @Suite struct CrossingTests {
        static let handler: UInt32 = 0x15000
        static let loop: [UInt8] =
            // L: int 0x80; add ebx, eax; dec ecx; jne L; int 0x1f
            [0xcd, 0x80, 0x01, 0xc3, 0x49, 0x75, 0xf9] + TestMachine.stop
        static let kernel: [UInt8] =
            // cld; push fs; push es; push ds; mov edx, 0x7b; mov ds, edx; mov es, edx; mov dx, 0x81; mov fs, edx
            [0xfc, 0x0f, 0xa0, 0x06, 0x1e, 0xba] + le(0x7b) + [0x8e, 0xda, 0x8e, 0xc2, 0x66, 0xba, 0x81, 0, 0x8e, 0xe2]
            // inc dword fs:[0x10]; mov eax, fs:[0x10]; pop ds; pop es; pop fs; iret
            + [0x64, 0xff, 0x05] + le(0x10) + [0x64, 0xa1] + le(0x10) + [0x1f, 0x07, 0x0f, 0xa1, 0xcf]

        static func machine(_ engine: Engine, _ code: [UInt8] = loop, kernel: [UInt8] = kernel) throws -> TestMachine {
            let m = try TestMachine(ring: 3, code, engine: engine)
            if engine != .interpreter { m.cpu.translateEverything(items: 120, isolated: false) }
            m.load(kernel, at: handler)
            m.cpu.setDescriptor(16, 0x00cf_b202_0000_ffff)
            m.cpu.setGate(
                0x80, Gate(offset: handler, selector: 0x60, kind: .interrupt, dpl: 3, disposition: .deliver))
            m.s.pointee.fs.selector = 0x7b
            m.cpu.refreshSegments()
            (m.s.pointee.eflags, m.s.pointee.ecx, m.s.pointee.edx) = (0xad7, 500, 0)
            return m
        }

        @Test(arguments: [Engine.translator, .lockstep])
        func aSystemCallStaysInGeneratedCode(_ engine: Engine) throws {
            let m = try Self.machine(engine)
            let slow = try Self.machine(.interpreter)
            for machine in [m, slow] { #expect(machine.run() == TestMachine.stopped) }
            #expect(m.cpu.lockstepDifference == nil)
            #expect(DifferentialTests.difference(m, slow) == nil)
            #expect(m.cpu.instructions == slow.cpu.instructions)
            #expect(m.s.pointee.ebx == 500 * 501 / 2 && m.s.pointee.cpl == 3)
            #expect(m.s.pointee.fs.selector == 0x7b)
            if engine == .translator { #expect(m.cpu.engineCounters.entries < 100) }
        }

        @Test(arguments: [1, 2, 7, 20, 31, 57, 1000])
        func aBudgetIsKeptAcrossRings(_ budget: Int) throws {
            let m = try Self.machine(.translator)
            let slow = try Self.machine(.interpreter)
            for _ in 0..<40 {
                #expect(m.run(budget) == slow.run(budget))
                #expect(m.cpu.instructions == slow.cpu.instructions)
                #expect(DifferentialTests.difference(m, slow) == nil)
            }
        }

        struct Change: CustomTestStringConvertible, Sendable {
            let testDescription: String
            let make: @Sendable (TestMachine) -> Void
        }
        /// What makes the known way wrong, after it has been gone a hundred times.
        static let changes: [Change] = [
            Change(testDescription: "the kernel's code is not present") {
                $0.cpu.setDescriptor(12, 0x00cf_3a00_0000_ffff)
            },
            Change(testDescription: "the kernel's code ends before the handler") {
                $0.cpu.setDescriptor(12, 0x0040_ba00_0000_1000)
            },
            Change(testDescription: "the kernel's stack cannot be written to") {
                $0.cpu.setDescriptor(13, 0x00cf_b000_0000_ffff)
            },
            Change(testDescription: "the GDT ends before the code") { $0.cpu.gdtLimit = 0x5f },
            Change(testDescription: "the GDT ends before the processor's data") { $0.cpu.gdtLimit = 0x7f },
            Change(testDescription: "the processor's data has moved") {
                $0.cpu.setDescriptor(16, 0x00cf_b202_0100_ffff)
            },
            Change(testDescription: "the processor's data is short") {
                $0.cpu.setDescriptor(16, 0x0040_b202_0000_0012)
            },
            Change(testDescription: "the programs' data is gone") { $0.cpu.setDescriptor(15, 0) },
            Change(testDescription: "the programs' code is the kernel's") {
                $0.cpu.setDescriptor(14, 0x00cf_ba00_0000_ffff)
            },
            Change(testDescription: "another stack") { $0.cpu.innerStack = (TestMachine.kernelData, 0x48000) },
            Change(testDescription: "a stack across two pages") {
                $0.cpu.innerStack = (TestMachine.kernelData, 0x48008)
            },
            Change(testDescription: "a stack without a page") {
                $0.remap(0x47000, to: 0, 0)
                $0.cpu.innerStack = (TestMachine.kernelData, 0x48008)
            },
            Change(testDescription: "a stack segment that is none") { $0.cpu.innerStack = (0x61, 0x48000) },
            Change(testDescription: "another gate") {
                $0.cpu.setGate(
                    0x80, Gate(offset: handler + 1, selector: 0x60, kind: .trap, dpl: 3, disposition: .deliver))
            },
            Change(testDescription: "a gate for the kernel") {
                $0.cpu.setGate(
                    0x80, Gate(offset: handler, selector: 0x60, kind: .trap, dpl: 1, disposition: .deliver))
            },
            Change(testDescription: "no gate") { $0.cpu.setGate(0x80, nil) },
            Change(testDescription: "single steps") { $0.s.pointee.eflags |= 0x100 },
            Change(testDescription: "a nested task") { $0.s.pointee.eflags |= 0x4000 },
        ]

        @Test(arguments: changes, [Engine.translator, .lockstep])
        func theKnownWayHoldsUntilItsReasonsChange(_ change: Change, _ engine: Engine) throws {
            let m = try Self.machine(engine)
            let slow = try Self.machine(.interpreter)
            for machine in [m, slow] {
                #expect(machine.run(2507) == .budgetSpent)
                change.make(machine)
            }
            for _ in 0..<3 {
                #expect(m.run(900) == slow.run(900))
                #expect(m.cpu.instructions == slow.cpu.instructions)
                #expect(DifferentialTests.difference(m, slow) == nil)
            }
            #expect(m.cpu.lockstepDifference == nil)
        }

        /// A page that is never there, touched by a program or by the kernel itself, whose handler skips the instruction.
        @Test(arguments: [1, 3], [Engine.translator, .lockstep])
        func aPageFaultComesBack(_ ring: Int, _ engine: Engine) throws {
            // L: add ebx, 1; add [esi], eax; cmp ebx, 500; jne L; int 0x1f
            let code: [UInt8] = [0x83, 0xc3, 1, 0x01, 0x06, 0x81, 0xfb] + le(500) + [0x75, 0xf3] + TestMachine.stop
            let machines = try [engine, .interpreter].map { engine in
                // add esp, 4; add dword [esp], 2; iret
                let m = try Self.machine(engine, code, kernel: [0x83, 0xc4, 4, 0x83, 0x04, 0x24, 2, 0xcf])
                m.enter(ring: ring)
                m.map(0x55000, to: 0, 0)
                m.cpu.setGate(
                    14, Gate(offset: Self.handler, selector: 0x60, kind: .interrupt, dpl: 0, disposition: .deliver))
                (m.s.pointee.esi, m.s.pointee.eflags) = (0x55000, 0xad7)
                return m
            }
            for m in machines { #expect(m.run() == TestMachine.stopped) }
            #expect(DifferentialTests.difference(machines[0], machines[1]) == nil)
            #expect(machines[0].cpu.instructions == machines[1].cpu.instructions)
            #expect(machines[0].s.pointee.cr2 == 0x55000)
            #expect(machines[0].cpu.lockstepDifference == nil)
            // What an access has found out is not asked of the interpreter once more.
            if engine == .translator { #expect(machines[0].cpu.engineCounters.interpreted < 100) }
        }

        /// fs and gs with every kind of data segment behind them, and an offset in ebx.
        @Test(
            arguments: [
                0x00cf_f302_0000_ffff, 0x00cf_f302_0ffc_ffff, 0x0040_f302_0000_0013, 0x0040_f302_0000_0012,
                0x00cf_f102_0000_ffff, 0x00cf_f702_0000_0000, 0x0040_f702_0000_0010, 0x0000_f702_0000_0010,
                0xffcf_f3ff_fff0_ffff, 0x00cf_fb02_0000_ffff, 0x00cf_f902_0000_ffff, 0x00cf_ff02_0000_ffff,
            ] as [UInt64], [Engine.translator, .lockstep])
        func everyKindOfSegmentBehindAPrefix(_ descriptor: UInt64, _ engine: Engine) throws {
            for code: [UInt8] in [
                [0x64, 0x8b, 0x03], [0x65, 0x89, 0x03], [0x64, 0x01, 0x03], [0x65, 0xff, 0x33],
                [0x64, 0x0f, 0xb6, 0x03],
                [0x65, 0xd9, 0x03, 0xdd, 0xd8], [0x64, 0xdd, 0x13], [0x64, 0x8d, 0x03], [0x64, 0x0f, 0xab, 0x13],
                [0x65, 0xf3, 0xac],
            ] {
                // L: add ebx, 4; the instruction; dec ecx; jne L
                let loop = [0x83, 0xc3, 4] + code + [0x49, 0x75, UInt8(truncatingIfNeeded: -6 - code.count)]
                let machines = try [engine, .interpreter].map { engine in
                    let m = try Self.machine(engine, [0xd9, 0xee] + loop + TestMachine.stop)
                    m.cpu.setDescriptor(17, descriptor)
                    (m.s.pointee.fs.selector, m.s.pointee.gs.selector) = (0x8b, 0x8b)
                    m.cpu.refreshSegments()
                    (m.s.pointee.ebx, m.s.pointee.ecx, m.s.pointee.esi) = (0 &- 8, 30, TestMachine.data)
                    return m
                }
                let exits = machines.map { $0.run() }
                #expect(exits[0] == exits[1], "\(code)")
                #expect(DifferentialTests.difference(machines[0], machines[1]) == nil, "\(code)")
                #expect(machines[0].s.pointee.x87.operandPointer == machines[1].s.pointee.x87.operandPointer)
                #expect(machines[0].s.pointee.x87.operandSelector == machines[1].s.pointee.x87.operandSelector)
                #expect(machines[0].cpu.lockstepDifference == nil)
            }
        }

        @Test func aSegmentIsLoadedByEveryFormAndPrivilege() throws {
            // mov sreg, ecx; pop sreg; mov sreg, [edi], for es, ds, fs and gs, with each RPL of each descriptor, from both rings.
            for (ring, which) in [(1, 0), (1, 3), (1, 4), (3, 0), (3, 5)] as [(Int, UInt8)] {
                let pop: [UInt8] = which < 4 ? [[0x07, 0, 0, 0x1f][Int(which)]] : [0x0f, 0xa1 + 8 * (which - 4)]
                for form in [[0x8e, 0xc1 | which << 3], [0x51] + pop, [0x8e, 0x07 | which << 3]] as [[UInt8]] {
                    for selector in Array(0..<8) + Array(0x60..<0x98) + [0x107, 0xfff8] as [UInt32] {
                        let machines = try [Engine.lockstep, .translator, .interpreter].map { engine in
                            let m = try TestMachine(
                                ring: ring,
                                form + [0x8c, 0xc0 | which << 3, 0x64, 0x8b, 0x17, 0x4d, 0x75]
                                    + [UInt8(truncatingIfNeeded: -8 - form.count)] + TestMachine.stop, engine: engine)
                            if engine != .interpreter { m.cpu.translateEverything(items: 120, isolated: false) }
                            m.cpu.setDescriptor(16, 0x00cf_f202_0000_ffff)
                            m.cpu.setDescriptor(17, 0x0040_b302_0000_0fff)
                            m.cpu.setDescriptor(18, 0x00cf_7300_0000_ffff)
                            m.set(selector, at: TestMachine.data)
                            (m.s.pointee.ecx, m.s.pointee.edi, m.s.pointee.ebp) = (selector, TestMachine.data, 6)
                            return m
                        }
                        let exits = machines.map { $0.run() }
                        #expect(exits[0] == exits[2] && exits[1] == exits[2], "\(form) \(selector)")
                        for m in machines.dropLast() {
                            #expect(DifferentialTests.difference(m, machines[2]) == nil, "\(form) \(selector)")
                            #expect(m.cpu.lockstepDifference == nil)
                        }
                    }
                }
            }
        }
    }
#endif
