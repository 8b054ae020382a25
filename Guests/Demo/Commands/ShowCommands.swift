// Things to look at: every colour and a tour of difficult characters. Handy to judge a terminal by.

enum ShowCommands {
    static var colors: Command {
        Command(name: "colors", usage: "", summary: "every colour a terminal can be asked for") { _, _ in
            console.print("the sixteen\n")
            for base in [40, 100] {
                for color in 0..<8 { console.print("\u{1B}[\(base + color)m    ") }
                console.print("\u{1B}[0m\n")
            }
            console.print("the cube of 6 x 6 x 6\n")
            for green in 0..<6 {
                for red in 0..<6 {
                    for blue in 0..<6 { console.print("\u{1B}[48;5;\(16 + 36 * red + 6 * green + blue)m ") }
                }
                console.print("\u{1B}[0m\n")
            }
            console.print("the greys\n")
            for grey in 232..<256 { console.print("\u{1B}[48;5;\(grey)m  ") }
            console.print("\u{1B}[0m\na rainbow in 24 bits\n")
            for step in 0..<64 {
                let (red, green, blue) = rainbow(step * 24)
                console.print("\u{1B}[48;2;\(red);\(green);\(blue)m ")
            }
            console.print("\u{1B}[0m\n")
            console.print(
                """
                \u{1B}[1mbold\u{1B}[0m \u{1B}[2mfaint\u{1B}[0m \u{1B}[3mitalic\u{1B}[0m \u{1B}[4munderlined\u{1B}[0m \
                \u{1B}[5mblinking\u{1B}[0m \u{1B}[7mreversed\u{1B}[0m \u{1B}[9mstruck\u{1B}[0m

                """)
        }
    }

    /// A walk around the colour circle in 1536 steps.
    private static func rainbow(_ step: Int) -> (Int, Int, Int) {
        let rise = step % 256
        return switch step / 256 % 6 {
        case 0: (255, rise, 0)
        case 1: (255 - rise, 255, 0)
        case 2: (0, 255, rise)
        case 3: (0, 255 - rise, 255)
        case 4: (rise, 0, 255)
        default: (255, 0, 255 - rise)
        }
    }

    static var unicode: Command {
        Command(name: "unicode", usage: "", summary: "characters of one, two and no columns") { _, _ in
            console.print(
                """
                Latin      Grüße, señor – naïve façade, Łódź, ÅÄÖ
                Greek      Ξεσκεπάζω τὴν ψυχοφθόρα βδελυγμία
                Cyrillic   Съешь же ещё этих мягких французских булок
                Hebrew     דג סקרן שט בים
                wide       日本語 한국어 中文 ＡＢＣ
                combining  e\u{301} o\u{308} n\u{303} a\u{30A} (letter and mark, one column each)
                emoji      🐶 🐾 🦴 🚀
                maths      ∀x∈ℝ: ⌈x⌉ = −⌊−x⌋, ∑∏∫√∞≠≈
                blocks     ▁▂▃▄▅▆▇█ ░▒▓ ▖▗▘▝

                """)
            console.print(
                """
                boxes      ┌──────┬──────┐  ╔══════╦══════╗
                           │ ring │ one  │  ║ wide ║ 犬🐶 ║
                           ├──────┼──────┤  ╠══════╬══════╣
                           │ three│ zero │  ║ none ║ e\u{301}e\u{301}e\u{301}e\u{301} ║
                           └──────┴──────┘  ╚══════╩══════╝
                ancient    \u{1B}(0lqqqwqqqk x   x tqqqnqqqu mqqqvqqqj\u{1B}(B (DEC graphics)

                """)
        }
    }
}
