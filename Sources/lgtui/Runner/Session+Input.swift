// What the user types, and what the commands behind it ask of the world.

import Glibc
import GuestHost

extension Session {
    func readInput(at now: UInt64) {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(0, &bytes, bytes.count)
        if count > 0 {
            decoder.append(bytes[..<count])
            takePieces(isFinal: false, at: now)
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            // The terminal is gone; SIGHUP is on its way or was ignored by whoever started us.
            ending = ending ?? .signal(SIGHUP)
        }
    }

    func takePieces(isFinal: Bool, at now: UInt64) {
        while let piece = decoder.next(for: workspace.inputTarget, isFinal: isFinal) {
            let told = workspace.message
            let isForGuest = if case .guest = piece { true } else { false }
            if isForGuest { awaitEcho(at: now) }
            for effect in workspace.handle(piece) { carryOut(effect) }
            decoder.prefix = workspace.keys.prefix
            // Nothing is to be seen of bytes for a guest until it answers, and a frame without the answer would delay it.
            if !isForGuest || workspace.message != told {
                needsFrame = true
                nextAttention = nextAttention ?? now
            }
        }
        let patience = decoder.isPasting ? Self.pasteTime : Self.escapeTime
        escapeDue = decoder.isEmpty && !decoder.isPasting ? nil : now &+ patience
    }

    /// A key goes to the guest. Its answer is drawn as soon as it comes, and for a few milliseconds the others make room.
    func awaitEcho(at now: UInt64) {
        guard echo.begin(at: now) else { return }
        for (index, pane) in panes.enumerated() where index != workspace.focus {
            pane.guest.pause(atMost: EchoWatch.longestPause)
        }
    }

    /// On a thread of its own: a slow disk is no reason for a still screen.
    func save(_ bytes: [UInt8], to file: String) {
        let news = news
        inBackground { news.add(writeFile(file, bytes)) }
    }

    func carryOut(_ effect: Effect) {
        if case .restart(let pane) = effect, outputs.indices.contains(pane) { outputs[pane].startOver() }
        if workspace.carryOut(effect, on: panes) { return }
        switch effect {
        case .reloadSettings: reloadSettings()
        case .theme(let name): wear(theme: name)
        case .clearHistory(let pane):
            if panes.indices.contains(pane) { panes[pane].screen.clearHistory() }
        case .save(let file, let bytes): save(bytes, to: file)
        case .clipboard(let text): screen.setClipboard(text)
        case .suspend: suspend(group: true)
        case .redraw: repaint()
        case .quit: ending = .quit
        case .send, .restart, .kill, .capture, .console: break
        }
    }

    /// Takes over the files as they are now. A mistake in them changes nothing.
    func reloadSettings() {
        do throws(Diagnostics) {
            let layers = try LayeredSettings(environment, theme: themeOption)
            painter.theme = try Theme.chosen(layers.settings, environment: environment)
            workspace.settings = layers.settings
            painter.forget()
            let read = layers.files.filter(\.exists).map(\.path)
            workspace.tell(read.isEmpty ? "there is no file with settings" : "read \(read.joined(separator: ", "))")
        } catch {
            let others = error.all.count > 1 ? " (and \(error.all.count - 1) more)" : ""
            workspace.tell("\(error.all.first?.description ?? "")\(others)", .error)
        }
    }

    /// Puts on another theme until the end.
    func wear(theme name: String) {
        do throws(Diagnostics) {
            var settings = workspace.settings
            settings.theme = name
            painter.theme = try Theme.chosen(settings, environment: environment)
            painter.forget()
            workspace.settings = settings
        } catch { workspace.tell("\(error)", .error) }
    }

    /// Whom the user looks at is served first, whoever else keeps the processors busy; who does not keep them busy is as
    /// any other thread.
    func arrangeUrgencies() {
        for (index, pane) in panes.enumerated() {
            pane.guest.urgency = index == workspace.focus ? .prompt : rates[index].isBusy ? .patient : .ordinary
        }
    }

    /// Editors in guests want to know when somebody looks at them (mode 1004).
    func reportFocus() {
        guard workspace.focus != reportedFocus else { return }
        for (pane, hasFocus) in [(reportedFocus, false), (workspace.focus, true)] where panes.indices.contains(pane) {
            if let bytes = panes[pane].screen.focusReport(hasFocus) { _ = panes[pane].guest.type(bytes) }
        }
        reportedFocus = workspace.focus
    }
}
