// Whatever lies over the panes and has the keyboard until it is closed: the help page, the prompt, the finder, the
// overview, copy mode. They are values on a stack in the workspace, so that a test can open one, type at it and look.

import TerminalCore

/// Something that takes keys instead of the guest.
package protocol Overlay: Sendable {
    /// Takes a key, changes the workspace as it likes, and says whether it is done. While it runs, it is not on the stack.
    mutating func handle(_ key: Key, in workspace: inout Workspace) -> OverlayAnswer
    /// Takes what the mouse did, in cells of the whole screen; by default nothing comes of it.
    mutating func handle(_ event: MouseEvent, in workspace: inout Workspace) -> OverlayAnswer
    /// Draws itself; called for every frame while it is open, after the panes.
    mutating func paint(_ workspace: Workspace, _ stage: Stage, on canvas: inout Canvas)
    /// Where the cursor of the terminal belongs, as found by the last `paint`; nil hides it.
    var cursor: (column: Int, row: Int)? { get }
    /// Whether keys are for it now. One that lies over a single pane lets the keys for other panes pass.
    func takesKeys(in workspace: Workspace) -> Bool
    /// Whether the mouse is for it, wherever it is on the screen.
    var takesMouse: Bool { get }
    /// Takes text that the user pasted, or does nothing.
    mutating func paste(_ text: [UInt8], in workspace: inout Workspace) -> OverlayAnswer
    /// It has work left to do (a long search) and wants to be drawn again although nothing came.
    var isBusy: Bool { get }
}

extension Overlay {
    package var cursor: (column: Int, row: Int)? { nil }
    package mutating func handle(_ event: MouseEvent, in workspace: inout Workspace) -> OverlayAnswer { .stays }
    package var isBusy: Bool { false }
    package var takesMouse: Bool { true }
    package func takesKeys(in workspace: Workspace) -> Bool { true }
    package mutating func paste(_ text: [UInt8], in workspace: inout Workspace) -> OverlayAnswer { .stays }
}

/// What came of a key.
package struct OverlayAnswer {
    package var effects: [Effect]
    /// The overlay goes away.
    package var closes: Bool

    package static let stays = OverlayAnswer(effects: [], closes: false)
    package static let closes = OverlayAnswer(effects: [], closes: true)

    package init(effects: [Effect] = [], closes: Bool) {
        self.effects = effects
        self.closes = closes
    }
}

/// What drawing needs to know besides the workspace.
package struct Stage: Sendable {
    package var theme: Theme
    package var borders: BorderSet
    /// One a pane.
    package var rates: [RateMeter]

    package init(theme: Theme, borders: BorderSet, rates: [RateMeter]) {
        self.theme = theme
        self.borders = borders
        self.rates = rates
    }
}
