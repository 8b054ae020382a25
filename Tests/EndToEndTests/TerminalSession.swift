// A user at a terminal: the program runs on the slave side of a pseudo-terminal, as the leader of a session with it as
// controlling terminal, and what it writes is shown by our own terminal core.

import Glibc
import TerminalCore

final class TerminalSession {
    let pid: pid_t
    private let master: Int32
    private let terminal: Terminal
    /// The settings of the terminal before the program was started.
    let modeBefore: TerminalSettings
    /// Everything that the program wrote, for questions that the screen does not answer.
    private(set) var stream: [UInt8] = []
    private var ending: Ending?

    init(_ arguments: [String], columns: Int = 80, rows: Int = 24, environment: [String] = Program.baseEnvironment) {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        var (master, slave): (Int32, Int32) = (-1, -1)
        var name = [CChar](repeating: 0, count: 128)
        openpty(&master, &slave, &name, nil, &size)
        let slavePath = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        _ = fcntl(master, F_SETFD, FD_CLOEXEC)
        self.master = master
        terminal = Terminal(columns: columns, rows: rows)
        modeBefore = TerminalSettings(of: master)
        pid = Program.spawn(arguments, environment: environment, isSession: true) { actions in
            // The first terminal that a session leader opens becomes its controlling one.
            posix_spawn_file_actions_addopen(&actions, 0, slavePath, O_RDWR, 0)
            posix_spawn_file_actions_adddup2(&actions, 0, 1)
            posix_spawn_file_actions_adddup2(&actions, 0, 2)
            posix_spawn_file_actions_addclose(&actions, slave)
        }
        close(slave)
    }

    deinit {
        if ending == nil, pid > 0 {
            kill(pid, SIGKILL)
            var status: Int32 = 0
            waitpid(pid, &status, 0)
        }
        close(master)
    }

    var modeNow: TerminalSettings { TerminalSettings(of: master) }

    // MARK: Acting

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(master, bytes, bytes.count)
    }

    func resize(columns: Int, rows: Int) {
        terminal.resize(columns: columns, rows: rows)
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    /// Something else wrote all over the terminal.
    func spoil() { terminal.feed("\u{1b}[H" + String(repeating: "#", count: terminal.columns * terminal.rows)) }

    // MARK: Looking

    /// Takes in what the program has written so far.
    private func pump() {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(master, &chunk, chunk.count)
            if count <= 0 { return }
            terminal.feed(chunk[..<count])
            stream += chunk[..<count]
        }
    }

    /// The rows of the screen, without the blanks at their ends.
    var screen: [String] {
        (0..<terminal.rows).map { ScreenText.line(terminal.row($0), of: terminal) }
    }

    /// A rectangle of the screen, row by row.
    func part(columns: Range<Int>, rows: Range<Int>) -> [String] {
        rows.filter { $0 < terminal.rows }.map { row in
            var line = ""
            for column in columns where column < terminal.columns {
                let cell = terminal.row(row)[column]
                if cell.width == 0 { continue }
                let scalars = terminal.scalars(of: cell)
                if scalars.isEmpty { line += " " }
                for scalar in scalars { line.unicodeScalars.append(scalar) }
            }
            return line
        }
    }

    /// What programs switch on and must switch off: screens, mouse, keys, pastes, the cursor.
    var emulatorModes: Modes { terminal.modes.subtracting(.cursorSaved) }
    static let emulatorModesBefore = Terminal(columns: 80, rows: 24).modes

    var isOnAlternateScreen: Bool { terminal.modes.contains(.alternateScreen) }
    /// Whether the terminal was asked to report the mouse.
    var hasMouse: Bool { terminal.modes.contains(.mouseDrag) || terminal.modes.contains(.mouseSGR) }
    var isCursorVisible: Bool { terminal.cursor.isVisible }

    /// Whether any cell has a colour of its own.
    var isColored: Bool {
        (0..<terminal.rows).contains { row in
            terminal.row(row).contains { !$0.foreground.isDefault || !$0.background.isDefault }
        }
    }

    /// Waits until the screen is as `condition` wants it; false when it never becomes so.
    func wait(seconds: Int = 30, until condition: (TerminalSession) -> Bool) -> Bool {
        var deadline = Deadline(seconds: seconds)
        while true {
            pump()
            if condition(self) { return true }
            if deadline.isOver || hasEnded { break }
            deadline.rest()
        }
        pump()
        return condition(self)
    }

    /// Waits until `text` is somewhere on the screen, `count` times.
    func wait(for text: String, count: Int = 1) -> Bool {
        wait { EndToEndTests.occurrences(of: text, inLines: $0.screen) >= count }
    }

    /// Types ^C until `isAborted`. Each must arrive alone, so the guest's `^C` is waited for before the next; and on a
    /// busy machine three of them may take longer than the second they have, so there are more than three.
    func abortGuest(until isAborted: (TerminalSession) -> Bool) -> Bool {
        for _ in 0..<12 {
            let before = occurrences(of: "^C")
            type("\u{3}")
            _ = wait { isAborted($0) || $0.occurrences(of: "^C") > before }
            if isAborted(self) { return true }
        }
        return wait(until: isAborted)
    }

    /// Waits until every guest of the demo lab prompts.
    func waitForDemoLab() -> Bool {
        wait { screen in
            ["puppy>", "kitten>", "duckling>", "hatchling>"].allSatisfy { prompt in
                screen.screen.contains { $0.contains(prompt) }
            }
        }
    }

    private func occurrences(of text: String) -> Int {
        EndToEndTests.occurrences(of: text, inLines: part(columns: 0..<50, rows: 0..<terminal.rows - 2))
    }

    private var hasEnded: Bool {
        if ending == nil, let news = Ending.poll(pid), !news.isStopped { ending = news }
        return ending != nil
    }

    /// Waits for the end of the program, taking in its last words.
    func end() -> Ending {
        if let ending { return ending }
        let result = Ending.wait(for: pid) { [self] in pump() }
        pump()
        if !result.isStopped { ending = result }
        return result
    }
}

func occurrences(of text: String, inLines lines: [String]) -> Int {
    lines.reduce(0) { $0 + occurrences(of: text, in: $1) }
}

func occurrences(of text: String, in line: String) -> Int {
    let (needle, hay) = (Array(text.utf8), Array(line.utf8))
    guard !needle.isEmpty, hay.count >= needle.count else { return 0 }
    return (0...(hay.count - needle.count)).count { hay[$0..<($0 + needle.count)].elementsEqual(needle) }
}

/// What `stty -a` would show, in comparable form.
struct TerminalSettings: Equatable {
    var input: UInt32
    var output: UInt32
    var control: UInt32
    var local: UInt32
    var characters: [UInt8]

    init(of descriptor: Int32) {
        var mode = termios()
        tcgetattr(descriptor, &mode)
        (input, output, control, local) = (mode.c_iflag, mode.c_oflag, mode.c_cflag, mode.c_lflag)
        characters = withUnsafeBytes(of: &mode.c_cc) { Array($0) }
    }
}
