// A network interface of the host whose other end is a file descriptor. It takes a capability to make one, and there are half a
// dozen ways to fail; each of them should tell the person what to type.

import CLinux
import Glibc

/// A tap that is up. It exists as long as its descriptor is open.
package final class TapInterface: Sendable {
    package let descriptor: Int32
    /// What `ip link` calls it.
    package let name: String
    /// The host's own address on it.
    package let hardwareAddress: [UInt8]

    private static let device = "/dev/net/tun"
    private static let namePattern = "lgtui%d"
    static let rightsAdvice =
        "it takes CAP_NET_ADMIN: run as root, or once: sudo setcap cap_net_admin+ep $(command -v lgtui)"

    deinit { close(descriptor) }

    /// H:194 Makes the interface, gives it its address or its bridge, and brings it up.
    package init(_ address: TapAddress) throws(LaunchError) {
        let descriptor = retryingInterrupted { open(Self.device, O_RDWR | O_CLOEXEC | O_NONBLOCK) }
        guard descriptor >= 0 else { throw Self.deviceError(errno) }
        do throws(LaunchError) {
            var request = InterfaceRequest(name: Self.namePattern)
            request.setShort(Constant.tap | Constant.noPacketInformation)
            guard request.perform(Constant.setInterface, on: descriptor) else {
                throw Self.failed("a tap cannot be made", errno)
            }
            name = request.name
            let control = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard control >= 0 else { throw Self.failed("\(name) cannot be configured", errno) }
            defer { close(control) }
            switch address {
            case .host(let address, let prefix): try Self.assign(address, prefix, to: name, control)
            case .bridge(let bridge): try Self.join(bridge, name, control)
            }
            try Self.bringUp(name, control)
            var query = InterfaceRequest(name: name)
            guard query.perform(Constant.getHardwareAddress, on: control) else {
                throw Self.failed("\(name) has no hardware address", errno)
            }
            hardwareAddress = query.hardwareAddress
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    private static func deviceError(_ code: Int32) -> LaunchError {
        var error = LaunchError.system("cannot be opened", path: device, errno: code)
        switch code {
        case ENOENT, ENODEV, ENXIO:
            error.advice = "this kernel has no tap driver loaded: sudo modprobe tun"
        case EACCES, EPERM: error.advice = rightsAdvice
        default: break
        }
        return error
    }

    private static func failed(_ problem: String, _ code: Int32) -> LaunchError {
        var error = LaunchError.system(problem, errno: code)
        error.advice = code == EPERM || code == EACCES ? rightsAdvice : nil
        return error
    }

    private static func assign(
        _ address: IPv4Address, _ prefix: Int, to name: String, _ control: Int32
    ) throws(LaunchError) {
        var request = InterfaceRequest(name: name)
        request.setAddress(address.value)
        guard request.perform(Constant.setAddress, on: control) else {
            throw failed("\(name) cannot have the address \(address)", errno)
        }
        request = InterfaceRequest(name: name)
        request.setAddress(prefix == 0 ? 0 : ~0 << (32 - UInt32(prefix)))
        guard request.perform(Constant.setNetmask, on: control) else {
            throw failed("\(name) cannot have a prefix of \(prefix) bits", errno)
        }
    }

    private static func join(_ bridge: String, _ name: String, _ control: Int32) throws(LaunchError) {
        var query = InterfaceRequest(name: name)
        guard query.perform(Constant.getIndex, on: control) else { throw failed("\(name) has no number", errno) }
        var request = InterfaceRequest(name: bridge)
        request.setWord(query.word)
        guard request.perform(Constant.addToBridge, on: control) else {
            let code = errno
            var error = failed("\(name) cannot join the bridge '\(bridge)'", code)
            if code == ENODEV {
                error = LaunchError(
                    .system, "there is no bridge '\(bridge)'",
                    advice: "make it: sudo ip link add \(bridge) type bridge && sudo ip link set \(bridge) up")
            } else if code == EOPNOTSUPP || code == EINVAL {
                error.advice = "'\(bridge)' is no bridge: ip link show type bridge lists them"
            }
            throw error
        }
    }

    private static func bringUp(_ name: String, _ control: Int32) throws(LaunchError) {
        var request = InterfaceRequest(name: name)
        guard request.perform(Constant.getFlags, on: control) else { throw failed("\(name) has no flags", errno) }
        request.setShort(request.short | UInt16(IFF_UP) | UInt16(IFF_RUNNING))
        guard request.perform(Constant.setFlags, on: control) else {
            throw failed("\(name) cannot be brought up", errno)
        }
    }

    /// Packets that the kernel dropped because nobody read them in time; for the calling thread's network namespace.
    func droppedByKernel() -> UInt64 {
        let file = open("/proc/thread-self/net/dev", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        var text: [UInt8] = []
        while text.count < 1 << 20 {
            let part = [UInt8](unsafeUninitializedCapacity: 1 << 13) { buffer, count in
                count = max(0, retryingInterrupted { read(file, buffer.baseAddress, buffer.count) })
            }
            if part.isEmpty { break }
            text += part
        }
        return Self.drops(of: name, in: String(decoding: text, as: UTF8.self))
    }

    /// The fourth figure of "Transmit", for what the host transmits is what the guest should receive.
    package static func drops(of name: String, in table: String) -> UInt64 {
        for line in table.split(separator: "\n") {
            let halves = line.split(separator: ":", maxSplits: 1)
            guard halves.count == 2, halves[0].drop(while: { $0 == " " }) == name else { continue }
            let figures = halves[1].split(separator: " ")
            return figures.count > 11 ? UInt64(figures[11]) ?? 0 : 0
        }
        return 0
    }
}

/// Numbers of `<linux/if_tun.h>` and `<linux/sockios.h>`, which are part of the kernel's promise.
private enum Constant {
    static let tap: UInt16 = 0x0002
    static let noPacketInformation: UInt16 = 0x1000
    static let setInterface: UInt = 0x4004_54ca  // TUNSETIFF
    static let getFlags: UInt = 0x8913
    static let setFlags: UInt = 0x8914
    static let setAddress: UInt = 0x8916
    static let setNetmask: UInt = 0x891c
    static let getHardwareAddress: UInt = 0x8927
    static let getIndex: UInt = 0x8933
    static let addToBridge: UInt = 0x89a2
}

/// `struct ifreq`: sixteen bytes of name, and a union that is read and written as each request wants it.
private struct InterfaceRequest {
    private var bytes = [UInt8](repeating: 0, count: 40)

    init(name: String) {
        for (index, byte) in name.utf8.prefix(15).enumerated() { bytes[index] = byte }
    }

    mutating func perform(_ number: UInt, on descriptor: Int32) -> Bool {
        bytes.withUnsafeMutableBytes { linux_ioctl(descriptor, number, $0.baseAddress) } >= 0
    }

    var name: String { String(decoding: bytes[..<16].prefix { $0 != 0 }, as: UTF8.self) }
    var short: UInt16 { bytes.withUnsafeBytes { $0.load(fromByteOffset: 16, as: UInt16.self) } }
    var word: UInt32 { bytes.withUnsafeBytes { $0.load(fromByteOffset: 16, as: UInt32.self) } }
    /// `sockaddr`: two bytes of family, then the address.
    var hardwareAddress: [UInt8] { Array(bytes[18..<24]) }

    mutating func setShort(_ value: UInt16) {
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: 16, as: UInt16.self) }
    }

    mutating func setWord(_ value: UInt32) {
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: 16, as: UInt32.self) }
    }

    /// `sockaddr_in`: family, port, address in network order.
    mutating func setAddress(_ value: UInt32) {
        setShort(UInt16(AF_INET))
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: value.bigEndian, toByteOffset: 20, as: UInt32.self) }
    }
}
