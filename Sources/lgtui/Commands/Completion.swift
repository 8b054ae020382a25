// What could stand where the cursor is. The commands say in words what they take (`left|right`, `PANE`, `[FILE]`), for
// people to read; this reads the same words.

package enum Completion {
    /// The words that could stand at the end of `line`, and at which character they begin.
    package static func candidates(for line: String, in workspace: Workspace) -> (start: Int, words: [String]) {
        // Only the last of several commands counts.
        let commandStart = line.lastIndex(of: ";").map { line.index(after: $0) } ?? line.startIndex
        let command = line[commandStart...]
        let words = command.split(separator: " ").map(String.init)
        let isNew = command.last == " " || command.isEmpty
        let typed = isNew ? "" : words.last ?? ""
        let start = line.count - typed.count
        let before = isNew ? words : Array(words.dropLast())
        guard let name = before.first else { return (start, matching(typed, Command.table.map(\.name))) }
        guard let entry = Command.table.first(where: { $0.name == name }) else { return (start, []) }
        let places = entry.arguments.split(separator: " ").map(String.init)
        guard !places.isEmpty else { return (start, []) }
        let place = places[min(before.count - 1, places.count - 1)]
        return (start, matching(typed, values(for: place, typed: typed, in: workspace)))
    }

    private static func matching(_ typed: String, _ words: [String]) -> [String] {
        var seen: Set<String> = []
        return words.filter { $0.hasPrefix(typed) && seen.insert($0).inserted }.sorted()
    }

    /// `[left|right|PANE]…`: lower-case words stand for themselves, upper-case ones for what there is.
    private static func values(for place: String, typed: String, in workspace: Workspace) -> [String] {
        place.filter { !"[]…().,".contains($0) }.split(separator: "|").map(String.init).flatMap { word -> [String] in
            switch word {
            case "PANE", "GUEST", "NAME": workspace.panes.map { $0.name.contains(" ") ? "\"\($0.name)\"" : $0.name }
            case "THEME": workspace.themeNames
            case "COMMAND": Command.table.map(\.name)
            case "FILE", "PATH": files(typed)
            default: word.contains { $0.isUppercase } ? [] : [word]
            }
        }
    }

    /// The files and folders that begin as `typed` does.
    package static func files(_ typed: String) -> [String] {
        let folder = typed.lastIndex(of: "/").map { String(typed[...$0]) } ?? ""
        let start = typed.dropFirst(folder.count)
        return folderEntries(folder.isEmpty ? "." : folder)
            .filter { $0.name.hasPrefix(start) && (!$0.name.hasPrefix(".") || start.hasPrefix(".")) }
            .map { folder + $0.name + ($0.isFolder ? "/" : "") }
    }
}
