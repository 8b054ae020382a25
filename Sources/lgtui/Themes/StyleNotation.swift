// Themes say styles in words, in the order people say them: "bold #ffffff on #303030". One short grammar, and every
// word that it does not know is reported with the word that was probably meant.

/// Why a style could not be read; a sentence without file or line.
package struct StyleNotationError: Error, Equatable, CustomStringConvertible {
    package var description: String
}

extension Style {
    /// `[bold|dim|italic|underline|blink|reverse]… [COLOUR] [on COLOUR]`
    package init(notation: String) throws(StyleNotationError) {
        self.init()
        var isBackground = false
        var seenForeground = false
        var seenBackground = false
        for word in notation.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init) {
            if word == "on" {
                if isBackground { throw StyleNotationError(description: "`on` stands twice") }
                isBackground = true
                continue
            }
            if !isBackground, let attribute = Attributes.names.first(where: { $0.name == word })?.attribute {
                attributes.insert(attribute)
                continue
            }
            let ink = try Ink(notation: word)
            if isBackground {
                if seenBackground { throw StyleNotationError(description: "two colours after `on`") }
                background = ink
                seenBackground = true
            } else {
                if seenForeground {
                    throw StyleNotationError(description: "two colours (write `on` before the background)")
                }
                foreground = ink
                seenForeground = true
            }
        }
        if isBackground && !seenBackground { throw StyleNotationError(description: "no colour after `on`") }
    }
}

extension Ink {
    /// The sixteen names, by palette index.
    package static let names = [
        "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white", "bright-black", "bright-red",
        "bright-green", "bright-yellow", "bright-blue", "bright-magenta", "bright-cyan", "bright-white",
    ]

    /// `default`, one of `names`, a palette index from 0 to 255, or `#rrggbb`.
    package init(notation word: String) throws(StyleNotationError) {
        if word == "default" {
            self = .terminal
        } else if let index = Self.names.firstIndex(of: word) {
            self = .palette(UInt8(index))
        } else if word.hasPrefix("#") {
            let digits = word.dropFirst()
            guard digits.utf8.count == 6, digits.allSatisfy(\.isHexDigit), let value = UInt32(digits, radix: 16) else {
                throw StyleNotationError(description: "`\(word)` is not #rrggbb")
            }
            self = .rgb(UInt8(value >> 16), UInt8(value >> 8 & 0xff), UInt8(value & 0xff))
        } else if word.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            guard let index = UInt8(word) else {
                throw StyleNotationError(description: "the palette ends at 255, `\(word)` is not in it")
            }
            self = .palette(index)
        } else {
            let words = Self.names + ["default"] + Attributes.names.map(\.name)
            let hint = nearestName(to: word, among: words).map { " (did you mean `\($0)`?)" } ?? ""
            throw StyleNotationError(description: "`\(word)` is no colour or attribute\(hint)")
        }
    }
}
