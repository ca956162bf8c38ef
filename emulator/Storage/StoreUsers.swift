import JSON
import ObjectStore

/// Who may use the S3 dialect of an emulator.
enum StoreUsers {
    /// minioadmin, who owns what nobody else made, and those of the file; without one two more, so that rights between users
    /// can be tried at once.
    ///
    /// - Throws: ``EmulatorError`` that names what is wrong with the file.
    static func load(file: String?) throws -> [StoreUser] {
        guard let file else { return [.standard] + ["alice", "bob"].map(user) }
        guard let text = TextFile.read(file) else { throw EmulatorError("--s3-users \(file) cannot be read") }
        let json: JSON
        do { json = try JSON(parsing: Array(text.utf8)) } catch {
            throw EmulatorError("--s3-users \(file) is not JSON: \(error)")
        }
        guard let list = json.array else { throw EmulatorError("--s3-users \(file) has to be a list of users") }
        var users = [StoreUser.standard]
        for (index, entry) in list.enumerated() {
            func value(_ name: String) throws -> String {
                guard let value = entry[name]?.string, !value.isEmpty else {
                    throw EmulatorError("--s3-users \(file), user \(index + 1): \"\(name)\" is missing")
                }
                return value
            }
            let id = try value("id")
            let user = StoreUser(
                id: id, name: entry["name"]?.string ?? id, email: entry["email"]?.string ?? "\(id)@localhost",
                accessKey: try value("access"), secretKey: try value("secret"))
            guard
                !users.contains(where: { $0.id == user.id || $0.accessKey == user.accessKey || $0.email == user.email })
            else {
                throw EmulatorError(
                    "--s3-users \(file), user \(index + 1): somebody else has the same id, email or access key")
            }
            users.append(user)
        }
        return users
    }

    private static func user(_ name: String) -> StoreUser {
        StoreUser(
            id: name, name: name, email: "\(name)@localhost", accessKey: name, secretKey: "\(name)-secret")
    }
}
