// SGR: colours and attributes of what is printed from now on.

extension Emulator {
    @inline(__always)
    mutating func selectGraphics() {
        let count = parser.parameters.count
        // A copy, which stays in registers until all parameters are read.
        var pen = self.pen
        defer { self.pen = pen }
        if count == 0 {
            resetGraphics(&pen)
            return
        }
        var index = 0
        while index < count {
            let value = parser.parameters.value(index)
            index += 1
            switch value {
            case 0: resetGraphics(&pen)
            case 30...37: pen.foreground = .palette(UInt8(truncatingIfNeeded: value - 30))
            case 40...47: pen.background = .palette(UInt8(truncatingIfNeeded: value - 40))
            case 90...97: pen.foreground = .palette(UInt8(truncatingIfNeeded: value - 82))
            case 100...107: pen.background = .palette(UInt8(truncatingIfNeeded: value - 92))
            case 39: pen.foreground = .default
            case 49: pen.background = .default
            case 38: if let color = color(&index) { pen.foreground = color }
            case 48: if let color = color(&index) { pen.background = color }
            case 58: if let color = color(&index) { pen.extra = underlined(pen.extra, color) }
            case 59: pen.extra = underlined(pen.extra, .default)
            case 1: pen.attributes.insert(.bold)
            case 2: pen.attributes.insert(.faint)
            case 3: pen.attributes.insert(.italic)
            case 4:
                var style = Underline.single
                if parser.parameters.isJoined(index), index < count {
                    style = Underline(rawValue: UInt8(truncatingIfNeeded: parser.parameters.value(index))) ?? .single
                }
                pen.attributes.underline = style
            case 5: pen.attributes.insert(.blink)
            case 6: pen.attributes.insert(.rapidBlink)
            case 7: pen.attributes.insert(.inverse)
            case 8: pen.attributes.insert(.invisible)
            case 9: pen.attributes.insert(.strikethrough)
            case 10: charsets.pcFont = false
            case 11: charsets.pcFont = true
            case 21: pen.attributes.underline = .double
            case 22: pen.attributes.subtract([.bold, .faint])
            case 23: pen.attributes.remove(.italic)
            case 24: pen.attributes.underline = .none
            case 25: pen.attributes.subtract([.blink, .rapidBlink])
            case 27: pen.attributes.remove(.inverse)
            case 28: pen.attributes.remove(.invisible)
            case 29: pen.attributes.remove(.strikethrough)
            case 53: pen.attributes.insert(.overline)
            case 55: pen.attributes.remove(.overline)
            default: break
            }
            // Sub-parameters that nobody took belong to the one before them.
            if parser.parameters.joined != 0 {
                while index < count, parser.parameters.isJoined(index) { index += 1 }
            }
        }
    }

    /// SGR 0 leaves protection and links alone: they are not graphic renditions.
    @inline(__always)
    private mutating func resetGraphics(_ pen: inout Cell) {
        pen.foreground = .default
        pen.background = .default
        pen.attributes.formIntersection(.protected)
        if pen.extra != 0 { pen.extra = underlined(pen.extra, .default) }
    }

    /// The number of the extra `number`, but with another underline colour.
    @inline(never)
    private mutating func underlined(_ number: UInt16, _ color: Color) -> UInt16 {
        var extra = extras[number]
        extra.underlineColor = color
        return internExtra(extra)
    }

    /// The colour after 38, 48 or 58; the commonest form, `;5;n`, without a call.
    @inline(__always)
    private func color(_ index: inout Int) -> Color? {
        guard parser.parameters.joined == 0, parser.parameters[index] == 5, index + 1 < parser.parameters.count else {
            return extendedColor(&index)
        }
        let value = parser.parameters.value(index + 1)
        index += 2
        return value > 255 ? nil : .palette(UInt8(truncatingIfNeeded: value))
    }

    /// All forms: `:2:space:r:g:b`, `:2:r:g:b`, `:5:n` or the older forms with ';'.
    @inline(never)
    private func extendedColor(_ index: inout Int) -> Color? {
        let parameters = parser.parameters.count
        guard index < parameters else { return nil }
        let joined = parser.parameters.isJoined(index)
        var end = index
        if joined { while end < parameters, parser.parameters.isJoined(end) { end += 1 } } else { end = parameters }
        let form = parser.parameters.value(index)
        switch form {
        case 5:
            guard index + 1 < end else {
                index = end
                return nil
            }
            let value = parser.parameters.value(index + 1)
            index = joined ? end : index + 2
            return value > 255 ? nil : .palette(UInt8(truncatingIfNeeded: value))
        case 2:
            // With five or more parts the first after the 2 names a colour space.
            let first = joined && end - index >= 5 ? index + 2 : index + 1
            guard first + 2 < end else {
                index = end
                return nil
            }
            let red = parser.parameters.value(first)
            let green = parser.parameters.value(first + 1)
            let blue = parser.parameters.value(first + 2)
            index = joined ? end : index + 4
            guard red <= 255, green <= 255, blue <= 255 else { return nil }
            return .rgb(
                UInt8(truncatingIfNeeded: red), UInt8(truncatingIfNeeded: green), UInt8(truncatingIfNeeded: blue))
        default:
            index = joined ? end : index + 1
            return nil
        }
    }
}
