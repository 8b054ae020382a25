// Everything that a person decides about a guest, as one value. The command line makes it, a lab file makes it, a test makes
// it; nothing in it has been opened or believed yet.

import Hypervisor
import I386

/// What a guest should be.
public struct GuestConfiguration: Sendable {
    /// Which generation of the interface a guest speaks, for those who configure guests and never see the hypervisor.
    public typealias Dialect = Hypervisor.Dialect
    /// How the processor works, likewise.
    public typealias Engine = I386.Engine
    /// Where a guest's samples go, likewise.
    public typealias Profile = Hypervisor.GuestProfile
    /// Code that somebody wants to see translated, likewise.
    public typealias BlockWatch = I386.BlockWatch

    /// For titles, logs and the errors of others ("locked by guest puppy").
    public var name: String
    public var memory: MemorySize
    public var kernel: KernelSource
    public var dialect: Dialect
    public var initrd: String?
    /// In the order of the bus: the first disk is `/dev/lgba`, the first network `eth0`. The console comes after them all.
    public var devices: [Device]
    /// The kernel's command line, one argument each.
    public var arguments: [String]
    /// A real lguest character device to run the guest on, instead of the hypervisor of this process.
    public var devicePath: String?
    /// Whether the log also tells what the original launcher told under `--verbose`.
    public var verbose: Bool
    /// How the embedded hypervisor executes instructions.
    public var engine: Engine
    /// Collects samples of where the guest is, when somebody ticks it.
    public var profile: Profile?
    /// Gets to see the translation of the code at its address.
    public var watch: BlockWatch?

    /// - Parameter disks: a short way to name devices that are disks; they come before `devices`.
    public init(
        name: String, memory: MemorySize, kernel: KernelSource, dialect: Dialect = .linux2623, initrd: String? = nil,
        disks: [Disk] = [], devices: [Device] = [], arguments: [String] = [], devicePath: String? = nil,
        verbose: Bool = false, engine: Engine = .auto
    ) {
        self.name = name
        self.memory = memory
        self.kernel = kernel
        self.dialect = dialect
        self.initrd = initrd
        self.devices = disks.map { .disk($0) } + devices
        self.arguments = arguments
        self.devicePath = devicePath
        self.verbose = verbose
        self.engine = engine
    }

    /// Those of the devices that are disks, in order.
    public var disks: [Disk] { devices.compactMap { if case .disk(let disk) = $0 { disk } else { nil } } }
    /// Those of the devices that are networks, in order.
    public var networks: [Network] { devices.compactMap { if case .network(let net) = $0 { net } else { nil } } }

    /// A file or block device that the guest sees as a disk.
    public struct Disk: Sendable, Hashable {
        public var path: String
        public var readOnly: Bool

        public init(path: String, readOnly: Bool = false) {
            self.path = path
            self.readOnly = readOnly
        }

        /// Parses the value of `--block=`: a path, with `,ro` at its end for a disk that cannot be written.
        public init(argument: String) throws(LaunchError) {
            var path = argument
            readOnly = argument.hasSuffix(",ro")
            if readOnly { path.removeLast(3) }
            guard !path.isEmpty else {
                throw LaunchError(.usage, "a disk needs a path", advice: "write --block=FILE or --block=FILE,ro")
            }
            self.path = path
        }
    }
}
