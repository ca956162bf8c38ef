import Glibc
import Testing

@testable import emulator

@Suite struct PortChooserTests {
    @Test func `takes the next port when the wanted one is taken, and says so`() throws {
        let first = try Listener()
        let notices = CollectedNotices()
        var chooser = PortChooser(host: "127.0.0.1")
        let port = try chooser.choose(first.port, for: "the gateway (--port)", notices: notices)
        #expect(port > first.port)
        #expect(notices.warnings == ["port \(first.port) for the gateway (--port) is taken: using \(port)"])
    }

    @Test func `never gives one port to two servers`() throws {
        let notices = CollectedNotices()
        let free = try Listener().port
        var chooser = PortChooser(host: "127.0.0.1")
        let first = try chooser.choose(free, for: "a", notices: notices)
        let second = try chooser.choose(free, for: "b", notices: notices)
        #expect(first != second)
    }

    @Test func `takes any free port silently when the wanted one is 0`() throws {
        let notices = CollectedNotices()
        var chooser = PortChooser(host: "127.0.0.1")
        let ports = try (0..<7).map { _ in try chooser.choose(0, for: "a server", notices: notices) }
        #expect(Set(ports).count == 7)
        #expect(notices.warnings.isEmpty)
    }

    @Test(arguments: ["localhost", "::1", "1.2.3"])
    func `refuses a host that is no IPv4 address`(host: String) {
        var chooser = PortChooser(host: host)
        let error = #expect(throws: EmulatorError.self) {
            try chooser.choose(0, for: "a server", notices: CollectedNotices())
        }
        #expect(error?.description.contains("--host wants an IPv4 address") == true)
    }
}

/// A port that is taken.
private final class Listener {
    private let descriptor: Int32
    let port: Int

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) | listen(descriptor, 1) | getsockname(descriptor, pointer, &length)
            }
        }
        guard result == 0 else { throw EmulatorError("no listener: \(SystemMessage.last)") }
        self.descriptor = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }
}
