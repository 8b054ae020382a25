// The user's terminal settings, as they were before we touched anything, and the raw mode of `lgtui run`.

import Glibc

package enum TerminalMode {
    /// How standard input was set up when the program started; nil when it is no terminal.
    package static let atStart: termios? = {
        var mode = termios()
        return tcgetattr(0, &mode) == 0 ? mode : nil
    }()

    /// Every key goes to the guest as typed. Output processing stays on: a guest that sends bare newlines (the demo
    /// before its tty is up, an early printk) is read more easily that way, as it was under the original launcher.
    package static func raw(_ mode: termios) -> termios {
        var mode = mode
        mode.c_iflag &= ~tcflag_t(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON)
        mode.c_lflag &= ~tcflag_t(ECHO | ECHONL | ICANON | ISIG | IEXTEN)
        mode.c_cflag = mode.c_cflag & ~tcflag_t(CSIZE | PARENB) | tcflag_t(CS8)
        return mode
    }

    package static func set(_ mode: termios) {
        var mode = mode
        tcsetattr(0, TCSADRAIN, &mode)
    }
}
