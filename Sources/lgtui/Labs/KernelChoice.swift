// The word for a kernel, wherever it is written: `demo` is the guest that lives inside the program, everything else is
// a file. (A file that is really called demo is ./demo.)

import CDemoGuest
import GuestHost

package enum KernelChoice {
    package static let demoName = "demo"

    package static func source(_ word: String) -> KernelSource {
        word == demoName ? .bytes(name: demoName, demoImage) : .file(path: word)
    }

    /// The kernel's arguments. The demo guest prompts with its name, and is told ours unless it is told another.
    package static func arguments(_ given: [String], kernel: String, name: String) -> [String] {
        guard kernel == demoName, name != demoName, !given.contains(where: { $0.hasPrefix("name=") }) else {
            return given
        }
        return [name.contains(" ") ? "name=\"\(name)\"" : "name=\(name)"] + given
    }

    /// The demo guest's ELF, copied from the program's own pages on first use. It speaks both dialects.
    private static let demoImage: [UInt8] = {
        // SAFETY: the image is part of the executable, as long as it says, and never changes.
        Array(UnsafeRawBufferPointer(start: lgtui_demo_guest_image(), count: lgtui_demo_guest_size()))
    }()
}
