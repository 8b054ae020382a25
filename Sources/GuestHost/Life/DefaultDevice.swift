// The launcher cannot tell the hypervisor of this process from a kernel's behind a character device, except here, where one of
// them is made.

import Hypervisor
import I386
import SystemPackage

extension Guest {
    /// The embedded hypervisor, or the character device that the configuration names.
    package static let defaultDevice: DeviceMaker = { (configuration, memory) throws(LaunchError) in
        try makeLguest(configuration, memory)
    }

    private static func makeLguest(
        _ configuration: GuestConfiguration, _ memory: GuestMemory
    ) throws(LaunchError) -> any LguestDevice {
        guard let path = configuration.devicePath else {
            do {
                return try EmbeddedLguest(
                    memory: memory, dialect: configuration.dialect, engine: configuration.engine,
                    recordsTraps: configuration.verbose, profile: configuration.profile, watch: configuration.watch)
            } catch {
                throw .system("a virtual processor cannot be made", errno: error.rawValue)
            }
        }
        do {
            return try CharacterDeviceLguest(path: FilePath(path), memory: memory)
        } catch {
            var failure = LaunchError.system("cannot be opened as an lguest device", path: path, errno: error.rawValue)
            failure.advice = "no current kernel has such a device; leave --device away to use the built-in hypervisor"
            throw failure
        }
    }
}
