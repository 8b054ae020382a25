// The one way to say something to the user outside the panes: whole lines, on standard error, written at once.

import Glibc

package enum StandardError {
    /// Writes `text` and a newline; inside raw mode the terminal still turns newlines into line breaks (see TerminalMode).
    package static func say(_ text: String) {
        writeAll(2, Array((text + "\n").utf8))
    }
}

/// Writes all of `bytes`, waiting when the descriptor is slow; false when it does not take any more.
@discardableResult
package func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { writeAll(descriptor, $0) }
}

@discardableResult
package func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count >= 0 {
            rest = rest.dropFirst(count)
        } else if errno == EAGAIN {
            // Somebody shares our terminal's description and made it non-blocking.
            var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&waiting, 1, 1000)
        } else if errno != EINTR {
            return false
        }
    }
    return true
}
