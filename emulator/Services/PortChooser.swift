import Glibc

/// Finds the ports that the emulator's servers listen on.
struct PortChooser {
    /// Where the servers will listen: an IPv4 address.
    let host: String
    /// Ports already promised to another of our servers.
    private(set) var taken: Set<Int> = []

    init(host: String) {
        self.host = host
    }

    /// A free port for one server.
    ///
    /// - Parameters:
    ///   - wanted: the port asked for; 0: any free one.
    ///   - purpose: whose port it is, for the notice.
    ///   - notices: told when the wanted port is taken and another is used.
    /// - Throws: ``EmulatorError`` when no port is free or the host is no address of this machine.
    mutating func choose(_ wanted: Int, for purpose: String, notices: any Notices) throws -> Int {
        guard wanted != 0 else { return try any(for: purpose) }
        for port in wanted..<min(wanted + 100, 65_536) where try isFree(port) {
            if port != wanted {
                notices.warning("port \(wanted) for \(purpose) is taken: using \(port)")
            }
            taken.insert(port)
            return port
        }
        throw EmulatorError(
            "no port is free for \(purpose) between \(wanted) and \(min(wanted + 99, 65_535)): "
                + "stop what listens there, or choose another port (0: any free one)")
    }

    /// A random free port below the range that the kernel hands out for outgoing connections, so that none of those can
    /// take it before the server listens.
    private mutating func any(for purpose: String) throws -> Int {
        for _ in 0..<200 {
            let port = Int.random(in: 20_000..<32_000)
            if try isFree(port) {
                taken.insert(port)
                return port
            }
        }
        throw EmulatorError("no port is free for \(purpose): 200 between 20000 and 32000 were tried")
    }

    private func isFree(_ port: Int) throws -> Bool {
        guard !taken.contains(port) else { return false }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw EmulatorError("cannot open a socket: \(SystemMessage.last)") }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
            throw EmulatorError("--host wants an IPv4 address such as 127.0.0.1 or 0.0.0.0, not \"\(host)\"")
        }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if bound == 0 { return listen(descriptor, 1) == 0 }
        switch errno {
        case EADDRINUSE, EACCES: return false
        default: throw EmulatorError("cannot listen on \(host):\(port): \(SystemMessage.last)")
        }
    }
}
