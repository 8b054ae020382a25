// What the mouse says to a guest, in the coding that the guest asked for.

import TerminalCore

extension PaneScreen {
    /// Whether the guest asked for any mouse reports.
    package var wantsMouse: Bool { locked { !$0.modes.isDisjoint(with: .anyMouse) } }

    /// The bytes that tell the guest of an event in cells of its own screen; nil when it does not want to know.
    package func encode(_ event: MouseEvent) -> [UInt8]? { locked { $0.encode(event) } }

    /// What a turn of the wheel types at a guest that shows a full-screen program without a mouse.
    package func encodeWheel(up: Bool, lines: Int) -> [UInt8] { locked { $0.encodeWheel(up: up, lines: lines) } }
}
