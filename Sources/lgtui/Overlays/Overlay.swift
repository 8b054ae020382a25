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
}

extension Overlay {
    package var cursor: (column: Int, row: Int)? { nil }
    package mutating func handle(_ event: MouseEvent, in workspace: inout Workspace) -> OverlayAnswer { .stays }
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
