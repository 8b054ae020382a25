// Which of the two engines runs a CPU's code.

/// How instructions are executed.
public enum Engine: String, Sendable, CaseIterable {
    /// One at a time: slower, and the same on every host.
    case interpreter
    /// Hot code as host code, the rest by the interpreter. Only on x86-64.
    case translator
    /// Both, one behind the other, compared after every stretch: slow, for hunting differences.
    case lockstep
    /// The translator where there is one, else the interpreter.
    case auto
}
