// What a device of this launcher is: something that a guest sends DMA to, and that may have input for the guest. A new device is a
// new file next to this one that conforms to `HostDevice`, and one line in `DeviceSet` that puts it on the bus.

import Hypervisor
import I386
import SystemPackage

/// One device of one guest. All calls come from the guest's own thread.
package protocol HostDevice: AnyObject, Sendable {
    /// What the guest calls it: `console`, `lgba`.
    var name: String { get }
    /// What the guest sends its output to.
    var outputKey: DMAKey { get }
    /// A descriptor whose readability means that there is input; nil for none, or none any more.
    var inputDescriptor: Int32? { get }
    /// Whether input waits at this moment that the guest could take.
    var hasPendingInput: Bool { get }
    var counters: DeviceCounters { get }

    /// The guest is loaded and about to live: map pages, tell its hypervisor about them, start to listen.
    func attach(to lguest: any LguestDevice, memory: GuestMemory) throws(LaunchError)
    /// The guest sent `buffer`; returns how many of its bytes were used, which the guest finds in `used_len`.
    func handleOutput(_ buffer: DMABuffer, port: DevicePort) throws(DeviceFault) -> UInt32
    /// Moves waiting input into the guest as far as the guest has bound buffers for it.
    func deliverInput(port: DevicePort) throws(DeviceFault) -> InputProgress
    /// The guest is over: let go of files and locks now, not when the last reader of counters has gone.
    func close()
}

extension HostDevice {
    package var inputDescriptor: Int32? { nil }
    package var hasPendingInput: Bool { false }
    package func attach(to lguest: any LguestDevice, memory: GuestMemory) throws(LaunchError) {}
    package func deliverInput(port: DevicePort) throws(DeviceFault) -> InputProgress { .done }
}

/// How far `deliverInput` came.
package enum InputProgress: Sendable, Equatable {
    /// Nothing is left; wake me when the descriptor is readable or somebody rings.
    case done
    /// Input is left, but the guest has no free buffer. Nobody will say when it has: ask again after a while.
    case waitingForGuest
}

/// Why a device cannot go on with this guest.
package enum DeviceFault: Error, Equatable, Sendable {
    /// The guest did what no guest may do; it dies of it.
    case guest(String)
    /// The hypervisor refused a request.
    case hypervisor(Errno)
}

/// A device's way into the guest: its memory, its bound buffers and its interrupt lines. Devices see the hypervisor
/// through this only, so that they run against any `LguestDevice`, a pretended one in memory included.
package struct DevicePort: Sendable {
    package let memory: GuestMemory
    private let lguest: any LguestDevice

    package init(memory: GuestMemory, lguest: any LguestDevice) {
        self.memory = memory
        self.lguest = lguest
    }

    /// A free buffer that the guest bound at `key`, or nil. Whoever takes one must `complete` it.
    package func takeBuffer(for key: DMAKey) throws(DeviceFault) -> BoundBuffer? {
        let bound: BoundDMA
        do {
            bound = try lguest.getDMA(key: key)
        } catch .noSuchFileOrDirectory {
            return nil
        } catch {
            throw .hypervisor(error)
        }
        return BoundBuffer(buffer: try DMABuffer(at: bound.dma, in: memory), irq: bound.irq)
    }

    /// Tells the guest that `count` bytes of a buffer are filled: data first, then the length, then the interrupt.
    package func complete(_ bound: BoundBuffer, count: Int) throws(DeviceFault) {
        bound.buffer.markUsed(count, in: memory)
        do {
            try lguest.raise(bound.irq)
        } catch .noSuchFileOrDirectory {
            // Dead between two breaths; `run` will say so.
        } catch {
            throw .hypervisor(error)
        }
    }

    /// Gives a buffer back unused, without an interrupt.
    package func giveBack(_ bound: BoundBuffer) { bound.buffer.markUsed(0, in: memory) }
}

/// A buffer that a guest bound for input, and the line that announces input in it.
package struct BoundBuffer {
    package let buffer: DMABuffer
    package let irq: IRQ
}
