// While a guest computes, nobody looks at its keyboard. So each guest has a second thread that does nothing but wait: for a
// key, for a device's descriptor, for somebody who wants the guest stopped. Then it makes the hypervisor break the guest
// out, and sleeps until the first thread has seen to it. (The original forked a process for this. And niced it to 19.)

import CLinux
import Glibc
import Hypervisor
import Synchronization
import SystemPackage

/// Breaks a guest out of its run when there is something to do for it.
final class Waker: Sendable {
    private let lguest: any LguestDevice
    private let epoll: Int32
    private let bell: Int32
    private let stopping = Atomic<Bool>(false)
    /// Milliseconds after which to wake the guest anyway, because input waits for it to free a buffer; −1 for never.
    private let retryDelay = Atomic<Int32>(-1)
    private let isFinished = Monitor(true)

    init(lguest: any LguestDevice) throws(LaunchError) {
        self.lguest = lguest
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw .system("cannot create an epoll descriptor", errno: errno) }
        bell = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard bell >= 0 else {
            let code = errno
            close(epoll)
            throw .system("cannot create an eventfd", errno: code)
        }
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: bell))
        epoll_ctl(epoll, EPOLL_CTL_ADD, bell, &event)
    }

    deinit {
        close(epoll)
        close(bell)
    }

    /// Starts the thread.
    func start(name: String) throws(LaunchError) {
        isFinished.withLock { $0 = false }
        let result = startThread(named: "wake " + name, stackBytes: 256 << 10) { [self] in
            loop()
            isFinished.withLock { $0 = true }
        }
        guard result == 0 else {
            isFinished.withLock { $0 = true }
            throw .system("cannot start a thread for guest '\(name)'", errno: result)
        }
    }

    /// Makes the guest come out soon. Any thread, any time, never blocks.
    func ring() { eventfd_write(bell, 1) }

    /// Watches a device's descriptor: the guest is broken out once when it is readable. Returns false for one that cannot
    /// be waited for, such as a regular file; such a thing is always readable.
    func watch(_ descriptor: Int32) -> Bool {
        var event = epoll_event(
            events: EPOLLIN.rawValue | EPOLLONESHOT.rawValue, data: epoll_data_t(fd: descriptor))
        if epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) == 0 { return true }
        return errno == ENOENT && epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0
    }

    /// Wakes the guest after so many milliseconds, once per break-out; nil for not at all.
    func retry(afterMilliseconds delay: Int32?) { retryDelay.store(delay ?? -1, ordering: .releasing) }

    /// Ends the thread and waits for it. Only the guest's own thread may call this: it is the one that releases a waker
    /// who waits inside the hypervisor.
    func stop() {
        stopping.store(true, ordering: .releasing)
        ring()
        // Between its look at `stopping` and its call the waker can slip into the hypervisor once more, hence the loop.
        repeat {
            try? lguest.breakOut(false)
        } while !isFinished.wait(within: .milliseconds(1), until: { $0 })
    }

    /// H:148 Waits, and calls `breakOut(true)`, which returns only when the guest's own thread has called `breakOut(false)`: one
    /// break-out at a time, and no spinning while somebody is already on it.
    private func loop() {
        var events = [epoll_event](repeating: epoll_event(), count: 8)
        while !stopping.load(ordering: .acquiring) {
            let count = epoll_wait(epoll, &events, Int32(events.count), retryDelay.load(ordering: .acquiring))
            if count < 0, errno != EINTR { return }
            var rings: eventfd_t = 0
            eventfd_read(bell, &rings)
            if stopping.load(ordering: .acquiring) { return }
            do {
                try lguest.breakOut(true)
            } catch .interrupted {
                continue
            } catch {
                // The guest is dead; its own thread knows.
                return
            }
        }
    }
}
