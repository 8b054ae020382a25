// The bus is one page behind the end of memory: sixteen small descriptors that the launcher filled in. Each driver says
// which type it wants; a new kind of device needs one more line in `drivers`.

/// One descriptor: {type, features, status, pages} of 16 bits each, then the first page frame.
struct DeviceDescriptor {
    static let bytes = 12

    let index: Int
    let memory: UnsafeMutableRawPointer

    private func half(_ offset: Int) -> UInt16 { memory.load(fromByteOffset: offset, as: UInt16.self) }

    var type: UInt16 { half(0) }
    var features: UInt16 { half(2) }
    var status: UInt16 { half(4) }
    var pages: UInt32 { UInt32(half(6)) }
    var frame: UInt32 { memory.load(fromByteOffset: 8, as: UInt32.self) }
    /// Interrupt 0 is the timer, so the first device has 1.
    var irq: Int { index + 1 }

    /// Tells the host how far we got. Bits are only ever added.
    func report(_ progress: Status) {
        memory.storeBytes(of: status | progress.rawValue, toByteOffset: 4, as: UInt16.self)
    }

    enum Status: UInt16 {
        case acknowledged = 1
        case driverFound = 2
        case ready = 4
        case failed = 128
    }
}

/// What a driver makes of a descriptor.
protocol Device: AnyObject {
    var descriptor: DeviceDescriptor { get }
    /// What the user calls it: lgba, hvc0.
    var name: Text { get }
    /// One line for `devices`.
    var summary: Text { get }
}

enum Bus {
    private static let slots = 16

    typealias Driver = (type: UInt16, kind: StaticString, probe: (DeviceDescriptor) -> (any Device)?)

    nonisolated(unsafe) private(set) static var descriptors: [DeviceDescriptor] = []
    nonisolated(unsafe) private(set) static var devices: [any Device] = []

    private static func drivers() -> [Driver] {
        [
            (type: 1, kind: "console", probe: { console.attach(to: $0) }),
            (type: 2, kind: "net", probe: { NetDevice(on: $0) }),
            (type: 3, kind: "block", probe: { BlockDevice(on: $0) }),
        ]
    }

    static func kind(of type: UInt16) -> StaticString {
        switch type {
        case 1: "console"
        case 2: "net"
        case 3: "block"
        default: "unknown"
        }
    }

    // G:500 Finding the devices: one page behind the end of memory, filled in before we were born.
    /// Looks at every descriptor and finds it a driver.
    static func scan(devicePage: UInt32) {
        let page = Paging.mapDevice(frame: devicePage, count: 1)
        let drivers = drivers()
        for index in 0..<slots {
            let descriptor = DeviceDescriptor(index: index, memory: page + index * DeviceDescriptor.bytes)
            guard descriptor.type != 0 else { break }
            descriptors.append(descriptor)
            descriptor.report(.acknowledged)
            for driver in drivers where driver.type == descriptor.type {
                descriptor.report(.driverFound)
                if let device = driver.probe(descriptor) {
                    devices.append(device)
                    descriptor.report(.ready)
                } else {
                    descriptor.report(.failed)
                }
            }
        }
    }
}
