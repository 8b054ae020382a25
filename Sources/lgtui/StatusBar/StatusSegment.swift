// What a status bar can be made of. A segment is a name in the settings, a weight that decides what goes first on a narrow
// screen, and a function from figures to pieces of text.

package enum StatusSegment: Hashable, Sendable {
    case name, state, marks, alerts, memory, zoom, guests, clock
    /// A measure in numbers.
    case figure(Measure, of: Subject)
    /// Its last seconds as a sparkline.
    case graph(Measure, of: Subject)

    /// Who is measured.
    package enum Subject: CaseIterable, Sendable { case focused, all }

    package static let standardLeft: [StatusSegment] = [
        .name, .state, .marks, .alerts, .zoom, .figure(.cpu, of: .focused), .graph(.cpu, of: .focused),
        .figure(.dma, of: .focused), .figure(.disk, of: .focused), .graph(.disk, of: .focused),
        .figure(.iops, of: .focused), .figure(.net, of: .focused), .graph(.net, of: .focused),
    ]
    package static let standardRight: [StatusSegment] = [
        .guests, .figure(.cpu, of: .all), .graph(.cpu, of: .all), .figure(.dma, of: .all), .figure(.disk, of: .all),
        .figure(.net, of: .all), .graph(.net, of: .all),
    ]

    /// What it shows, for the manual.
    package var meaning: String {
        switch self {
        case .name: "number and name of the focused guest"
        case .state: "whether it runs"
        case .marks: "what is special about its pane: BROADCAST, read-only, rec, sending"
        case .alerts: "other guests that a monitor calls for"
        case .memory: "memory that it has touched, of what it has"
        case .zoom: "whether its pane is zoomed"
        case .guests: "how many guests run"
        case .clock: "the time of day"
        case .figure(let measure, .focused): "its \(measure.meaning)"
        case .graph(let measure, .focused): "\(measure.rawValue) of the last seconds as a sparkline"
        case .figure, .graph: "the same of all guests together"
        }
    }

    /// What goes first when there is no room: the highest.
    var priority: Int {
        switch self {
        case .name: 0
        case .state, .marks: 1
        case .alerts: 2
        case .figure(let measure, .focused): 2 + measure.rank
        case .zoom, .guests, .memory, .clock: 4
        case .graph(.cpu, .focused): 6
        case .graph(_, .focused): 7
        case .figure(let measure, .all): 11 + measure.rank
        case .graph(_, .all): 30
        }
    }

    /// What all segments are made from.
    package struct Facts: Sendable {
        package var pane: Workspace.PaneInfo
        /// From 1.
        package var number: Int
        package var count: Int
        package var running: Int
        package var rates: RateMeter
        package var sum: RateMeter
        package var isZoomed: Bool
        /// Seconds since midnight, local time.
        package var timeOfDay: Int
        /// Who calls; empty when nobody does.
        package var alerts = ""
        /// What sparklines can be drawn with.
        package var borders = BorderSet.heavy

        package init(
            pane: Workspace.PaneInfo, number: Int, count: Int, running: Int, rates: RateMeter, sum: RateMeter,
            isZoomed: Bool, timeOfDay: Int = 0
        ) {
            self.pane = pane
            self.number = number
            self.count = count
            self.running = running
            self.rates = rates
            self.sum = sum
            self.isZoomed = isZoomed
            self.timeOfDay = timeOfDay
        }
    }

    /// The pieces; none when there is nothing to say.
    func pieces(_ facts: Facts) -> [StatusBar.Piece] {
        switch self {
        case .name: return [StatusBar.Piece(text: " \(facts.number) \(facts.pane.name) ".onOneLine, look: .name)]
        case .state: return [StatusBar.Piece(text: " \(facts.pane.phase.label)", look: .state)]
        case .marks:
            let words = facts.pane.badges.words
            return words.isEmpty ? [] : [StatusBar.Piece(text: " \(words.joined(separator: " ")) ", look: .name)]
        case .alerts: return facts.alerts.isEmpty ? [] : [StatusBar.Piece(text: " \(facts.alerts) ", look: .name)]
        case .zoom: return facts.isZoomed && facts.count > 1 ? [.label(" (zoomed)")] : []
        case .guests: return [.label(" all "), .figure("\(facts.running)/\(facts.count)"), .label(" up")]
        case .clock:
            let (hours, minutes) = (facts.timeOfDay / 3600 % 24, facts.timeOfDay / 60 % 60)
            return [.figure("  \(hours < 10 ? "0" : "")\(hours):\(minutes < 10 ? "0" : "")\(minutes)")]
        case .memory:
            let total = facts.rates.total
            return [
                .label("  mem "), .figure(compactBytes(total.memoryTouched), columns: 5), .label(" of "),
                .figure(compactBytes(total.memorySize), columns: 5),
            ]
        case .figure(let measure, let subject): return measure.pieces(facts.rates(of: subject))
        case .graph(let measure, let subject):
            let line = measure.sparkline(
                of: facts.rates(of: subject), columns: Self.graphColumns, borders: facts.borders)
            return [.label(" "), .figure(line)]
        }
    }

    private static let graphColumns = 8
}

extension StatusSegment.Facts {
    func rates(of subject: StatusSegment.Subject) -> RateMeter { subject == .focused ? rates : sum }
}

// How files call them.
extension StatusSegment: CaseIterable, RawRepresentable {
    package static let allCases: [StatusSegment] =
        [.name, .state, .marks, .alerts, .memory, .zoom, .guests, .clock]
        + Subject.allCases.flatMap { subject in
            Measure.allCases.flatMap { [.figure($0, of: subject), .graph($0, of: subject)] }
        }

    /// `name`, `cpu`, `cpu-graph`, `all-cpu`, `all-cpu-graph`, …
    package var rawValue: String {
        switch self {
        case .figure(let measure, let subject): (subject == .all ? "all-" : "") + measure.rawValue
        case .graph(let measure, let subject): Self.figure(measure, of: subject).rawValue + "-graph"
        case .name, .state, .marks, .alerts, .memory, .zoom, .guests, .clock: "\(self)"
        }
    }

    package init?(rawValue: String) {
        guard let segment = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = segment
    }
}
