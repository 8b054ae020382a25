// A page that guests share is a meeting place, but not all who meet there are in this process, and not every message finds an
// empty buffer. What the hypervisor cannot deliver from memory to memory it offers to whoever brought the page: the
// launcher, which knows files, processes and network interfaces, as the hypervisor should not.

import I386
import SystemPackage

/// The bytes of one message where they lie. Valid only during the call.
public typealias MessagePieces = UnsafeBufferPointer<UnsafeRawBufferPointer>

// H:660
/// What lies behind a shared page of one guest. Methods are called with no lock of the hypervisor held, unless they say so.
public protocol SharedPageLink: AnyObject, Sendable {
    /// Whether messages to `offset` still wait in the link, so that a new one must wait behind them. On the guest's thread.
    func hasBacklog(to offset: UInt32) -> Bool

    /// Takes a message that no guest of this process could take at once. On the guest's thread; must not wait.
    /// - Parameter hasReceiver: a guest of this process is bound there, without a free buffer.
    /// - Returns: whether it was taken; if not, it is lost.
    func carry(_ pieces: MessagePieces, count: Int, to offset: UInt32, hasReceiver: Bool) -> Bool

    /// The guest sends a message, whatever will become of it. Said first, so that no answer is ever seen before its
    /// question. On the guest's thread.
    func willSend(_ pieces: MessagePieces, count: Int, to offset: UInt32)

    /// The message arrived in another guest of this process, so many bytes of it. On the guest's thread.
    func didSend(count: Int)

    /// A message was put into a buffer of this guest. On any thread, with the binding locked: be quick.
    func didReceive(_ pieces: MessagePieces, count: Int)
}

/// What became of a message for a guest.
public enum Delivery: Hashable, Sendable {
    /// It is in a buffer, so many bytes of it, and the guest's line is raised.
    case moved(UInt32)
    /// No buffer is free. The guest's line is raised, so that it may notice.
    case full
    /// Nobody is bound there.
    case nothing
}

extension EmbeddedLguest {
    // H:665
    /// Puts bytes that came from outside of this process into a buffer that this guest bound at a place in a shared page.
    /// Callable from any thread.
    public func deliver(_ bytes: UnsafeRawBufferPointer, at offset: UInt32, in page: SharedPage) -> Delivery {
        guard let binding = sharedKeys.binding(at: .shared(page, offset: offset), of: mailbox) else { return .nothing }
        return binding.receive(bytes)
    }
}

extension DMAList {
    /// Shows the pieces of the list to `body`. The list was checked against `memory`.
    func withPieces<Result>(in memory: GuestMemory, _ body: (MessagePieces) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: Self.maximumPieces) { pieces in
            for index in 0..<count {
                let bytes = memory.bytes(at: self[index].address, count: Int(self[index].length))
                pieces.initializeElement(at: index, to: UnsafeRawBufferPointer(bytes ?? .init(start: nil, count: 0)))
            }
            return body(MessagePieces(rebasing: pieces[..<count]))
        }
    }
}
