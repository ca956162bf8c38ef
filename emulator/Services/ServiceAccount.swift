import Glibc

/// The unprivileged account that Postgres runs under when the emulator itself runs as root: Postgres refuses root.
struct ServiceAccount: Sendable, Equatable {
    var name: String
    var user: uid_t
    var group: gid_t

    /// The account for servers of this emulator; nil when it does not run as root, and servers are simply its children.
    ///
    /// - Throws: ``EmulatorError`` when it runs as root and the system has neither a `postgres` nor a `nobody` account.
    static func forServers() throws -> ServiceAccount? {
        guard geteuid() == 0 else { return nil }
        for name in ["postgres", "nobody"] {
            guard let entry = getpwnam(name) else { continue }
            return ServiceAccount(name: name, user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
        }
        throw EmulatorError(
            "the emulator runs as root, Postgres refuses to, and there is no account `postgres` or `nobody` to run it under: "
                + "install the Debian package postgresql, or start the emulator as an ordinary user")
    }

    /// The first folder on the way to `path` that this account cannot enter; nil when it can reach it.
    ///
    /// - Parameter path: an absolute path without symbolic links, whose last component need not exist.
    func barrier(onTheWayTo path: String) -> String? {
        var folder = ""
        for component in path.split(separator: "/").dropLast() {
            folder += "/" + component
            var status = stat()
            guard stat(folder, &status) == 0 else { return folder }
            let mayEnter: mode_t =
                status.st_uid == user ? 0o100 : status.st_gid == group ? 0o010 : 0o001
            if status.st_mode & mayEnter == 0 { return folder }
        }
        return nil
    }

    /// Gives a file or an empty folder to this account.
    ///
    /// - Throws: ``EmulatorError`` with the system's reason.
    func takeOver(_ path: String) throws {
        guard chown(path, user, group) == 0 else {
            throw EmulatorError("cannot give \(path) to the account \(name): \(SystemMessage.last)")
        }
    }
}
