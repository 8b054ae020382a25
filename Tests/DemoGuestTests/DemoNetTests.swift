// Two demo guests on one cable: each has its user, and each must answer while its user does nothing.

import Glibc
import GuestHost
import Hypervisor
import Testing

@Suite struct DemoNetTests {
    /// Two guests on a shared file that goes when the test does.
    private final class Cable {
        let one: DemoConsole
        let two: DemoConsole
        private let path: String

        init(_ first: Dialect, _ second: Dialect) throws {
            var template = Array("/tmp/demo-net-XXXXXX".utf8CString)
            let descriptor = mkstemp(&template)
            try #require(descriptor >= 0)
            close(descriptor)
            path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            unlink(path)
            one = try DemoConsole.boot(first, networks: [.shared(path)], arguments: ["ip=10.9.0.1", "quiet"])
            two = try DemoConsole.boot(second, networks: [.shared(path)], arguments: ["ip=10.9.0.2", "quiet"])
            one.waitFor("demo> ")
            two.waitFor("demo> ")
        }

        deinit {
            one.dispose()
            two.dispose()
            unlink(path)
        }
    }

    @Test func `guests ping each other and answer from the prompt`() throws {
        let cable = try Cable(.linux2623, .linux2623)
        #expect(cable.one.run("ping 10.9.0.2 100").hasPrefix("100 sent, 100 answered; least "))
        #expect(cable.two.run("ping 10.9.0.1 2").contains("2 sent, 2 answered"))
        #expect(cable.one.run("net").contains("10.9.0.2"))
        #expect(cable.one.run("ping 10.9.0.3") == "10.9.0.3: nobody answers")
    }

    @Test func `chat appears above what is being typed and a flood arrives`() throws {
        let cable = try Cable(.linux2623, .linux2623)
        cable.two.type("echo unfini")
        cable.two.waitFor("demo> echo unfini")
        #expect(cable.one.run("chat 10.9.0.2 who is there?") == "")
        cable.two.waitForScreen("the line never came") { screen in
            screen.contains("10.9.0.1 who is there?\ndemo> echo unfini")
        }
        cable.two.type("shed\r")
        cable.two.waitFor("\nunfinished\n")

        cable.two.type("listen\r")
        cable.two.waitFor("listening\n")
        #expect(cable.one.run("flood 10.9.0.2 300 1000").contains("300 packets in "))
        cable.two.waitFor("packets/s")
        cable.two.type("\u{3}")
        cable.two.waitFor("gaps between numbered ones")
    }
}
