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
        let before = isNew ? words[...] : words.dropLast()
        let found = values(after: before, typed: typed, in: workspace)
        var seen: Set<String> = []
        let matching = found.filter { $0.hasPrefix(typed) && seen.insert($0).inserted }.sorted()
        return (line.count - typed.count, matching)
    }

    private static func values(after words: ArraySlice<String>, typed: String, in workspace: Workspace) -> [String] {
        guard let name = words.first else { return Command.table.map(\.name) }
        guard let command = Command.table.first(where: { $0.name == name }) else { return [] }
        var usage = Usage(command.arguments)
        for (index, word) in zip(words.indices, words).dropFirst() {
            // What follows is a command of its own, unless the word is one of ours.
            if usage.next.contains("COMMAND"), !usage.next.contains(word) {
                return values(after: words[index...], typed: typed, in: workspace)
            }
            guard let rest = usage.after(word) else { return [] }
            usage = rest
        }
        return usage.next.flatMap { values(of: $0, typed: typed, in: workspace) }
    }

    /// Lower-case words stand for themselves, upper-case ones for what there is.
    private static func values(of word: String, typed: String, in workspace: Workspace) -> [String] {
        switch word {
        case "GUEST": workspace.panes.map { CommandLineWords.line([$0.name]) }
        case "PAGE": workspace.pages.all.map(\.name).filter { !$0.isEmpty }.map { CommandLineWords.line([$0]) }
        case "THEME": workspace.themeNames
        case "COMMAND": Command.table.map(\.name)
        case "SETTING": Setting.table.map(\.key)
        case "FILE": files(typed)
        default: Usage.isValue(word) ? [] : [word]
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
