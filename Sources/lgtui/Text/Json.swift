// A JSON writer of one screenful: statistics and screen dumps are the only JSON that lgtui makes, and Foundation would
// cost more at start than everything else together.

/// A JSON value that keeps its keys in order.
package indirect enum Json: Sendable {
    case string(String)
    case integer(Int)
    case unsigned(UInt64)
    case number(Double)
    case bool(Bool)
    case null
    case array([Json])
    case object([(String, Json)])

    /// The text, on one line.
    package var text: String {
        var result = ""
        write(to: &result)
        return result
    }

    private func write(to result: inout String) {
        switch self {
        case .string(let text): Self.quote(text, to: &result)
        case .integer(let value): result += String(value)
        case .unsigned(let value): result += String(value)
        case .number(let value): result += value.isFinite ? String(value) : "null"
        case .bool(let value): result += value ? "true" : "false"
        case .null: result += "null"
        case .array(let values):
            result += "["
            for (i, value) in values.enumerated() {
                if i > 0 { result += "," }
                value.write(to: &result)
            }
            result += "]"
        case .object(let members):
            result += "{"
            for (i, member) in members.enumerated() {
                if i > 0 { result += "," }
                Self.quote(member.0, to: &result)
                result += ":"
                member.1.write(to: &result)
            }
            result += "}"
        }
    }

    private static func quote(_ text: String, to result: inout String) {
        result += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        result += "\""
    }
}
