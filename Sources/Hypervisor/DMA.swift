// How bytes get in and out of a guest. It sends a list of pieces to a key, and binds arrays of lists to keys to receive.
// If the key lies in memory shared with another guest, the bytes go straight into that guest's buffers; otherwise the
// guest stops, and its launcher gets the list.

import I386
import SystemPackage

extension EmbeddedLguest {
    /// A guest may have this many arrays bound at a time (`LGUEST_MAX_DMA`).
    static let maximumBindings = 32

    // H:600
    /// What a key names. A bad key is the guest's fault, and its end.
    private func place(of key: DMAKey) throws(GuestDeath) -> DMAPlace {
        guard let place = placeIfValid(key) else { throw .badDMAKey(key.rawValue) }
        return place
    }

    private func placeIfValid(_ key: DMAKey) -> DMAPlace? {
        guard key.rawValue & 3 == 0, UInt64(key.rawValue) + 4 <= limit else { return nil }
        if let page = sharedFrames[key.address.frame] { return .shared(page, offset: key.rawValue & 4095) }
        return .own(key)
    }

    // H:610
    /// BIND_DMA: puts out an array of buffers, or with line 0 takes it back. - Returns: 1 when done, 0 when not possible.
    func bindDMA(key: DMAKey, array: GuestPhysical, count: UInt16, irq: IRQ) throws(GuestDeath) -> UInt32 {
        bank.dmaBinds.bump()
        guard irq.isValid else { return 0 }
        let place = try place(of: key)

        guard irq != .timer else {
            guard let index = bindings.firstIndex(where: { $0.place == place && $0.array == array }) else { return 0 }
            unbind(at: index)
            return 1
        }
        guard bindings.count < Self.maximumBindings else { return 0 }
        let binding = DMABinding(
            place: place, owner: mailbox, array: array, count: count, irq: irq, link: link(behind: place))
        bindings.append(binding)
        if case .shared = place { sharedKeys.add(binding) }
        return 1
    }

    private func unbind(at index: Int) {
        let binding = bindings.remove(at: index)
        if case .shared = binding.place { sharedKeys.remove(binding) }
        binding.close()
    }

    /// Takes back everything, at the end of a guest's life.
    func unbindAll() {
        while let last = bindings.indices.last { unbind(at: last) }
    }

    // H:620
    /// SEND_DMA: to the guest that bound the key in shared memory, or to the launcher.
    ///
    /// What no guest of this process can take is offered to the link behind the page. Without one, and without a
    /// receiver, nothing happens, and `used_len` keeps the zero that the guest put there.
    func sendDMA(key: DMAKey, list address: GuestPhysical) throws(GuestDeath) {
        bank.dmaSends.bump()
        let place = try place(of: key)
        guard case .shared(_, let offset) = place else {
            sentDMA = SentDMA(dma: address, key: key)
            return
        }
        let link = link(behind: place)
        // Where nobody listens, nobody looks at the list either.
        guard link != nil || sharedKeys.receiver(at: place, not: mailbox) != nil else { return }
        guard UInt64(address.rawValue) + UInt64(DMAList.size) <= limit, let list = DMAList(at: address, in: memory)
        else { throw .badRead(address: address.rawValue, count: DMAList.size) }
        let count = list.byteCount
        if let link {
            if let bad = list.firstBadPiece(limit: limit) {
                throw .badDMAPiece(length: UInt32(bad.length), address: bad.address.rawValue)
            }
            list.withPieces(in: memory) { link.willSend($0, count: count, to: offset) }
        }
        // A message that must wait in the link keeps all after it waiting there: no message ever overtakes another.
        let outcome =
            link?.hasBacklog(to: offset) == true ? nil : try offer(list, at: place, isUrgent: link == nil)
        switch outcome {
        case .moved(let bytes):
            bank.dmaBytesSent.bump(by: UInt64(bytes))
            link?.didSend(count: Int(bytes))
            _ = memory.store32(bytes, at: address)
        case .nothing:
            _ = memory.store32(0, at: address)
        case .full, nil:
            guard let link else { return }
            let isCarried = list.withPieces(in: memory) {
                link.carry($0, count: count, to: offset, hasReceiver: outcome == .full)
            }
            if isCarried { bank.dmaBytesSent.bump(by: UInt64(count)) }
            _ = memory.store32(isCarried ? UInt32(count) : 0, at: address)
        }
    }

    // H:625
    /// Moves a list to a guest of this process, if one is bound there; nil if not. When it has no free buffer it has been
    /// told; where no link can keep the message meanwhile, it gets a moment to make room.
    private func offer(
        _ list: DMAList, at place: DMAPlace, isUrgent: Bool
    ) throws(GuestDeath) -> DMABinding.Outcome? {
        guard let receiver = sharedKeys.receiver(at: place, not: mailbox) else { return nil }
        let outcome = try receiver.receive(list, from: mailbox)
        guard outcome == .full, isUrgent else { return outcome }
        receiver.giveChance()
        return try receiver.receive(list, from: mailbox)
    }

    private func link(behind place: DMAPlace) -> (any SharedPageLink)? {
        guard case .shared(let page, _) = place else { return nil }
        return links[page]
    }

    /// The launcher's side: a free buffer at a key. The array that was bound last goes first.
    func takeBuffer(at key: DMAKey) throws(GuestDeath) -> BoundDMA? {
        guard let place = placeIfValid(key) else { return nil }
        guard let binding = bindings.last(where: { $0.place == place }) else { return nil }
        return try binding.takeForLauncher().map { BoundDMA(dma: $0, irq: binding.irq) }
    }
}
