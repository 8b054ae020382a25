// Why a pattern cannot be used, in words for the line that it is typed on.

package struct PatternError: Error, Equatable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}
