// A guest small enough to read: 2 MiB of memory, page tables as a launcher makes them, one page of machine code.

import Hypervisor
import I386
import SystemPackage
import Testing

/// Where things lie in a test guest, physically.
enum Place {
    static let code: UInt32 = 0x1000
    static let notes: UInt32 = 0x4000
    static let buffers: UInt32 = 0x6000
    static let scratch: UInt32 = 0x8000
    static let gdt: UInt32 = 0x9000
    /// Stacks grow down from here.
    static let stack: UInt32 = 0xc000
    static let trapStack: UInt32 = 0xe000
    static let userStack: UInt32 = 0xf000
    static let directory: UInt32 = 0x10000
    static let table: UInt32 = 0x11000
    /// A second address space, for tests that switch.
    static let otherDirectory: UInt32 = 0x12000
    static let otherTable: UInt32 = 0x13000
    /// Something that is shared with other guests.
    static let sharedPage: UInt32 = 0x1f_f000
    static let memorySize: UInt32 = 0x20_0000
}

/// Offsets in `lguest_data`, written down a second time so that a slip in the first is noticed.
enum Notes {
    static let irqEnabled = Place.notes
    static let blocked = Place.notes + 4
    static let cr2 = Place.notes + 8
    static let seconds = Place.notes + 12
    static let status = Place.notes + 20
    static let ring = Place.notes + 84
    static let reserveMemory = Place.notes + 1108
    static let guestID = Place.notes + 1112
    static let tscKHz = Place.notes + 1116
    static let noirqStart = Place.notes + 1120
    static let noirqEnd = Place.notes + 1124
}

let onePage: UInt32 = 4096

final class Machine: Sendable {
    let memory: GuestMemory
    let lguest: EmbeddedLguest
    private let watchdog = Watchdog()

    deinit { watchdog.stop() }

    /// A guest whose program starts with LGUEST_INIT and a sensible stack, unless `bare`.
    init(
        bare: Bool = false, keys: SharedKeys = SharedKeys(), ids: GuestIDs = GuestIDs(), recordsTraps: Bool = false,
        dialect: Dialect = .linux2623, profile: GuestProfile? = nil, _ program: (inout Assembler) -> Void
    ) throws {
        memory = try GuestMemory(size: UInt64(Place.memorySize))
        lguest = try EmbeddedLguest(
            memory: memory, dialect: dialect, recordsTraps: recordsTraps, profile: profile, sharedKeys: keys,
            guestIDs: ids)
        var code = Assembler(origin: Place.code + pageOffset)
        if !bare {
            code.mov(.esp, Place.stack + pageOffset)
            code.hypercall(1, Place.notes)
            code.hypercall(7, 0x69, Place.trapStack + pageOffset, 1)
        }
        program(&code)
        code.report(0xdead)  // Should the program run off its end.
        code.spin()
        try load(code.assembled(), at: Place.code)
        for slot in 0..<UInt32(64) { _ = memory.store8(0xff, at: GuestPhysical(Notes.status + slot)) }
        mapEverything(directory: Place.directory, table: Place.table)
    }

    func load(_ bytes: [UInt8], at address: UInt32) throws {
        let room = try #require(memory.bytes(at: GuestPhysical(address), count: bytes.count))
        room.copyBytes(from: bytes)
        memory.noteExternalWrite(at: GuestPhysical(address), count: bytes.count)
    }

    /// All of memory at the page offset, as the launcher maps it.
    func mapEverything(directory: UInt32, table: UInt32) {
        poke(directory + (pageOffset >> 22) * 4, table | 7)
        for page in 0..<Place.memorySize / onePage { poke(table + page * 4, page * onePage | 7) }
    }

    /// Starts the guest on the calling thread. A guest that runs for 30 seconds is broken out, which fails its test.
    func boot() throws(Errno) {
        watchdog.watch(lguest)
        try lguest.initialize(
            frameLimit: PageFrame(Place.memorySize / onePage), pageDirectory: GuestPhysical(Place.directory),
            start: GuestVirtual(Place.code + pageOffset), pageOffset: pageOffset)
    }

    /// Runs until the guest reports something. - Returns: what it reported.
    @discardableResult
    func next() throws(Errno) -> UInt32 { try lguest.run().dma.rawValue }

    /// Boots and runs to the first report.
    func first() throws(Errno) -> UInt32 {
        try boot()
        return try next()
    }

    /// Runs a guest that is about to die. - Returns: what of.
    func death() -> GuestDeath? {
        do throws(Errno) {
            try boot()
            while true { try next() }
        } catch {
            #expect(error == .noSuchFileOrDirectory)
        }
        return lguest.death
    }

    func peek(_ address: UInt32) -> UInt32 { memory.load32(at: GuestPhysical(address)) ?? 0xbad0_bad0 }
    func poke(_ address: UInt32, _ value: UInt32) { _ = memory.store32(value, at: GuestPhysical(address)) }

    /// Writes an `lguest_dma`.
    func pokeDMA(_ address: UInt32, used: UInt32 = 0, _ pieces: [(address: UInt32, length: UInt16)]) {
        for offset in stride(from: UInt32(0), to: 100, by: 4) { poke(address + offset, 0) }
        poke(address, used)
        for (index, piece) in pieces.enumerated() {
            poke(address + 4 + UInt32(index) * 4, piece.address)
            _ = memory.store16(piece.length, at: GuestPhysical(address + 68 + UInt32(index) * 2))
        }
    }

    /// A GDT with flat code and data for ring 1 and for ring 3 (selectors 0x73 and 0x7b), at `Place.gdt`.
    func pokeGDT() {
        for index in 0..<UInt32(32) { pokeDescriptor(index, 0) }
        pokeDescriptor(12, 0x00cf_9a00_0000_ffff)  // ring 0, as a careless kernel writes it
        pokeDescriptor(13, 0x00cf_9200_0000_ffff)
        pokeDescriptor(14, 0x00cf_fa00_0000_ffff)
        pokeDescriptor(15, 0x00cf_f200_0000_ffff)
    }
    func pokeDescriptor(_ index: UInt32, _ raw: UInt64) {
        poke(Place.gdt + index * 8, UInt32(truncatingIfNeeded: raw))
        poke(Place.gdt + index * 8 + 4, UInt32(truncatingIfNeeded: raw >> 32))
    }
}

extension Assembler {
    /// Goes to ring 3 at a label, through `iret`, on the user stack. Wants `Machine.pokeGDT`.
    mutating func enterUserMode(at label: String) {
        push(0x7b)
        push(Place.userStack + pageOffset)
        push(0x202)
        push(0x73)
        push(addressOf: label)
        iret()
    }
}
